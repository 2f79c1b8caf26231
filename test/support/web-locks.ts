type Callback = (lock: Lock) => unknown;

interface Wish {
  readonly clientId: string;
  readonly name: string;
  readonly mode: LockMode;
  /** Runs what was to be run, until it has ended. */
  run(): Promise<unknown>;
}

interface Queue {
  readonly held: Set<Wish>;
  readonly pending: Wish[];
}

/** The locks of one origin, which its tabs share. */
export type LockSpace = Map<string, Queue>;

/** One tab's `navigator.locks`. */
export interface TabLocks extends LockManager {
  /** As if the tab were frozen: it answers nothing any more, and gives nothing back. */
  freezeTab(): void;
  /** As if the tab were closed: its locks are free, its requests are gone, nothing is answered. */
  closeTab(): void;
}

/**
 * Web Locks (https://w3c.github.io/web-locks/) for Node, which has none; without `steal` and
 * `ifAvailable`. Everything takes a moment, as from another process.
 */
export function webLocks(space: LockSpace = new Map()): TabLocks {
  const clientId = crypto.randomUUID();
  let isStill = false;
  /** A moment; for a tab that is frozen or closed, it never ends. */
  const moment = () =>
    new Promise<void>((resolve) => {
      setImmediate(() => isStill || resolve());
    });

  async function request(name: string, ...rest: unknown[]): Promise<unknown> {
    const callback = rest.pop() as Callback;
    const { mode = 'exclusive', signal, ...others } = (rest[0] ?? {}) as LockOptions;
    if (Object.keys(others).length) throw new Error(`Not in this fake: ${Object.keys(others)}`);
    if (typeof callback !== 'function') throw new TypeError('The callback is not a function.');
    if (name.startsWith('-')) throw new DOMException('A reserved name.', 'NotSupportedError');
    signal?.throwIfAborted();
    await moment();
    signal?.throwIfAborted();

    return new Promise((resolve, reject) => {
      const giveUp = () => {
        const { pending } = queueOf(space, name);
        pending.splice(pending.indexOf(wish), 1);
        grant(space, name);
        reject(signal?.reason);
      };
      const wish: Wish = {
        ...{ clientId, name, mode },
        async run() {
          signal?.removeEventListener('abort', giveUp);
          await moment();
          const result = (async () => callback({ name, mode }))();
          resolve(result);
          await result.catch(() => {});
          await moment();
        },
      };
      signal?.addEventListener('abort', giveUp);
      queueOf(space, name).pending.push(wish);
      grant(space, name);
    });
  }

  return {
    request: request as LockManager['request'],

    async query() {
      await moment();
      const all = [...space.values()];
      const infos = (wishes: Iterable<Wish>) =>
        [...wishes].map(({ clientId, mode, name }) => ({ clientId, mode, name }));
      return {
        held: all.flatMap(({ held }) => infos(held)),
        pending: all.flatMap(({ pending }) => infos(pending)),
      };
    },

    freezeTab() {
      isStill = true;
    },

    closeTab() {
      isStill = true;
      for (const [name, { held, pending }] of [...space]) {
        for (const wish of held) if (wish.clientId === clientId) held.delete(wish);
        const others = pending.filter((wish) => wish.clientId !== clientId);
        pending.splice(0, pending.length, ...others);
        grant(space, name);
      }
    },
  };
}

/** Grants what can be granted, in the order of arrival. */
function grant(space: LockSpace, name: string): void {
  const { held, pending } = queueOf(space, name);
  const isShared = ({ mode }: Wish) => mode === 'shared';
  for (;;) {
    const [next] = pending;
    if (!next) break;
    if (held.size && !(isShared(next) && [...held].every(isShared))) break;
    pending.shift();
    held.add(next);
    void next.run().then(() => {
      if (held.delete(next)) grant(space, name);
    });
  }
  if (!held.size && !pending.length && space.get(name)?.held === held) space.delete(name);
}

function queueOf(space: LockSpace, name: string): Queue {
  const queue = space.get(name) ?? { held: new Set(), pending: [] };
  space.set(name, queue);
  return queue;
}
