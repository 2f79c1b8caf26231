/** Virtual time: what happens outside of the engines, in its order. */
export interface Simulator {
  /** Milliseconds since the start. Everybody's clock is made of this one. */
  now(): number;
  /** Lets something happen after that time; the returned function prevents it. */
  after(delayMs: number, happening: () => void): () => void;
  /** Lets time pass, with all that happens meanwhile. */
  advance(ms: number): Promise<void>;
  /** Lets everybody finish what they can do without anything from outside. */
  settle(): Promise<void>;
}

interface Happening {
  readonly at: number;
  readonly order: number;
  run: (() => void) | undefined;
}

/** More than any honest run needs: what goes on for longer goes in circles. */
const MOST_HAPPENINGS = 200_000;

/** @param afterEach Called when all that followed from one happening is done. */
export function createSimulator(afterEach: () => void): Simulator {
  const heap: Happening[] = [];
  let now = 0;
  let count = 0;
  let happened = 0;

  const settle = async () => {
    await allMicrotasks();
    afterEach();
  };

  return {
    now: () => now,
    after(delayMs, run) {
      const happening: Happening = { at: now + Math.max(0, delayMs), order: count++, run };
      push(heap, happening);
      return () => {
        happening.run = undefined;
      };
    },
    async advance(ms) {
      await settle();
      const end = now + ms;
      for (let next = heap[0]; next && next.at <= end; next = heap[0]) {
        pop(heap);
        if (!next.run) continue;
        now = next.at;
        next.run();
        await settle();
        if (++happened > MOST_HAPPENINGS) throw new Error('The run never comes to rest.');
      }
      now = end;
    },
    settle,
  };
}

/** A tick of Node runs when the queue of microtasks is empty: exact, and a quarter of a microsecond. */
function allMicrotasks(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

function isBefore(a: Happening, b: Happening): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function push(heap: Happening[], item: Happening): void {
  let index = heap.length;
  heap.push(item);
  while (index > 0) {
    const above = (index - 1) >> 1;
    const parent = heap[above] as Happening;
    if (isBefore(parent, item)) break;
    heap[index] = parent;
    index = above;
  }
  heap[index] = item;
}

function pop(heap: Happening[]): void {
  const last = heap.pop() as Happening;
  if (heap.length === 0) return;
  let index = 0;
  for (;;) {
    let below = 2 * index + 1;
    if (below >= heap.length) break;
    if (below + 1 < heap.length && isBefore(heap[below + 1] as Happening, heap[below] as Happening))
      below += 1;
    if (isBefore(last, heap[below] as Happening)) break;
    heap[index] = heap[below] as Happening;
    index = below;
  }
  heap[index] = last;
}
