/** Counts who listens on the window from now on, so that a leak shows. */
const add = window.addEventListener.bind(window);
const remove = window.removeEventListener.bind(window);

interface Entry {
  type: string;
  listener: unknown;
  capture: boolean;
}
const entries = new Set<Entry>();

window.addEventListener = (
  type: string,
  listener: EventListenerOrEventListenerObject | null,
  options?: boolean | AddEventListenerOptions,
) => {
  const { capture = false, once = false, signal } = settings(options);
  if (listener && !signal?.aborted && !find({ type, listener, capture })) {
    const entry = { type, listener, capture };
    entries.add(entry);
    const gone = () => entries.delete(entry);
    signal?.addEventListener('abort', gone);
    if (once) add(type, gone, { capture, once });
  }
  if (listener) add(type, listener, options);
};

window.removeEventListener = (
  type: string,
  listener: EventListenerOrEventListenerObject | null,
  options?: boolean | EventListenerOptions,
) => {
  const { capture = false } = settings(options);
  const entry = find({ type, listener, capture });
  if (entry) entries.delete(entry);
  if (listener) remove(type, listener, options);
};

/** Playwright's own, which it needs to click, come and go. */
const drivers = /^(mouse|pointer|touch|click|auxclick|dblclick|contextmenu|__playwright)/;

/** How many listeners the window has for each type of event. */
export function windowListeners(): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { type } of entries) {
    if (!drivers.test(type)) counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}

function find(wanted: Entry): Entry | undefined {
  return [...entries].find(
    ({ type, listener, capture }) =>
      type === wanted.type && listener === wanted.listener && capture === wanted.capture,
  );
}

function settings(options?: boolean | AddEventListenerOptions): AddEventListenerOptions {
  return typeof options === 'boolean' ? { capture: options } : (options ?? {});
}
