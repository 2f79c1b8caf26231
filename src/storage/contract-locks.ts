import { isRelierError } from '../errors.ts';
import { type Bench, type ContractPart, must, pause, within } from './contract-bench.ts';
import type { SessionStore, StoreLockOptions } from './session-store.ts';

/** Takes the lock and keeps it until it is told to give it back. */
async function hold(
  { atEnd, calm, key }: Bench,
  store: SessionStore,
  options: StoreLockOptions = calm,
): Promise<() => Promise<unknown>> {
  let giveBack = () => {};
  const given = new Promise<void>((resolve) => {
    giveBack = resolve;
  });
  atEnd(giveBack);
  let ended: Promise<unknown> = given;
  await new Promise<void>((held, failed) => {
    const work = async () => {
      held();
      await given;
    };
    ended = store.withLock(key(), work, options);
    ended.catch(failed);
  });
  return () => {
    giveBack();
    return ended;
  };
}

/** What came of it: never rejects, so it may be left alone for a while. */
async function outcomeOf(
  work: () => Promise<unknown>,
): Promise<{ value?: unknown; error?: unknown }> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error };
  }
}

async function mustBeFree({ calm, key, open, soonMs }: Bench, when: string): Promise<void> {
  const store = await open();
  const work = store.withLock(key(), async () => {}, calm);
  await within(soonMs, work, `The lock was not free ${when}.`);
}

function codeOf(error: unknown): string | undefined {
  return isRelierError(error) ? error.code : undefined;
}

/** The lock: for one at a time, and always given back. */
export const lockContract: ContractPart = {
  async 'runs one work at a time under one key, over all handles'({ calm, key, open }) {
    const handles = await Promise.all(Array.from({ length: 3 }, open));
    let [running, most, done] = [0, 0, 0];
    const work = async () => {
      running += 1;
      most = Math.max(most, running);
      await pause();
      running -= 1;
      done += 1;
    };
    await Promise.all([...handles, ...handles].map((store) => store.withLock(key(), work, calm)));
    must(most === 1, `${most} works ran at the same time under one lock.`);
    must(done === 6, `${done} of 6 works ran.`);
  },

  async 'makes others wait for the lock, and gives it to them when it is free'(bench) {
    const { calm, key, open, soonMs } = bench;
    const [owner, other] = [await open(), await open()];
    const giveBack = await hold(bench, owner);
    const ran: string[] = [];
    const waiting = outcomeOf(() => other.withLock(key(), async () => ran.push('other'), calm));
    await pause(30);
    must(!ran.length, 'withLock() ran work while another handle had the lock.');
    await giveBack();
    await within(soonMs, waiting, 'withLock() did not give the lock to who waited for it.');
    must(ran.length === 1, 'withLock() did not run work that had waited.');
  },

  async 'passes on what came of the work, and frees the lock'(bench) {
    const { calm, key, open } = bench;
    const store = await open();
    const thing = {};
    const works: [how: string, work: () => Promise<unknown>][] = [
      ['succeeded', async () => thing],
      ['rejected', () => Promise.reject(thing)],
      [
        'threw',
        () => {
          throw thing;
        },
      ],
    ];
    for (const [how, work] of works) {
      const { error, value } = await outcomeOf(() => store.withLock(key(), work, calm));
      must((value ?? error) === thing, `withLock() did not pass on what came of work that ${how}.`);
      must(!!value === (how === 'succeeded'), `withLock() turned work that ${how} around.`);
      await mustBeFree(bench, `after work that ${how}`);
    }
  },

  async 'ends a wait with lock_timeout while a living owner keeps the lock'(bench) {
    const { key, leaseMs, open } = bench;
    const [owner, other] = [await open(), await open()];
    const options = { leaseMs, patienceMs: leaseMs * 3 };
    const giveBack = await hold(bench, owner, options);
    const ran: string[] = [];
    const start = Date.now();
    const { error } = await outcomeOf(() =>
      other.withLock(key(), async () => ran.push('other'), options),
    );
    const waited = Date.now() - start;
    must(!ran.length, 'withLock() took the lock from an owner that was alive, after its lease.');
    must(codeOf(error) === 'lock_timeout', 'withLock() did not reject with lock_timeout.');
    must(isRelierError(error) && error.retryable, 'The error lock_timeout was not retryable.');
    // A timer may come a little early by another clock.
    must(waited > options.patienceMs - 20, `withLock() lost patience after ${waited} ms.`);
    await giveBack();
    await mustBeFree(bench, 'after somebody had lost patience');
    must(!ran.length, 'withLock() ran work after it had rejected.');
  },

  async 'runs nothing where the signal was aborted before'(bench) {
    const { calm, key, open, soonMs } = bench;
    const [owner, other] = [await open(), await open()];
    const ran: string[] = [];
    const attempt = async () => {
      const options = { ...calm, signal: AbortSignal.abort() };
      const work = outcomeOf(() => other.withLock(key(), async () => ran.push('other'), options));
      const { error } = await within(soonMs, work, 'withLock() waited in spite of an abort.');
      must(!ran.length, 'withLock() ran work though its signal had been aborted.');
      must(codeOf(error) === 'aborted', 'withLock() did not reject with the code aborted.');
    };
    await attempt();
    const giveBack = await hold(bench, owner);
    await attempt();
    await giveBack();
    await mustBeFree(bench, 'after attempts that were aborted before');
    must(!ran.length, 'withLock() ran work after it had rejected.');
  },

  async 'gives up waiting when the signal is aborted, and leaves no trace'(bench) {
    const { calm, key, open, soonMs } = bench;
    const [owner, quitter, next] = [await open(), await open(), await open()];
    const giveBack = await hold(bench, owner);
    const controller = new AbortController();
    const options = { ...calm, signal: controller.signal };
    const ran: string[] = [];
    const mark = (name: string) => async () => ran.push(name);
    const enter = () => outcomeOf(() => next.withLock(key(), mark('next'), calm));
    const before = enter();
    const quitting = outcomeOf(() => quitter.withLock(key(), mark('quitter'), options));
    const waiting = Promise.all([before, enter()]);
    await pause(20);
    controller.abort();
    const { error } = await within(soonMs, quitting, 'withLock() went on waiting when aborted.');
    must(codeOf(error) === 'aborted', 'withLock() did not reject with the code aborted.');
    await pause(20);
    must(!ran.length, 'An abort let somebody in while the owner was at work.');
    await giveBack();
    await within(soonMs, waiting, 'The lock did not get past one who had given up.');
    await mustBeFree(bench, 'after a wait that was aborted');
    must(ran.join() === 'next,next', 'withLock() ran work after it had rejected.');
  },

  async 'lets work go on that has begun when the signal is aborted'(bench) {
    const { calm, key, open, soonMs } = bench;
    const [store, other] = [await open(), await open()];
    const controller = new AbortController();
    const ran: string[] = [];
    let waiting: Promise<unknown> = Promise.resolve();
    const work = async () => {
      waiting = outcomeOf(() => other.withLock(key(), async () => ran.push('other'), calm));
      controller.abort();
      await pause(20);
      ran.push('work');
      return 'done';
    };
    const options = { ...calm, signal: controller.signal };
    const { value } = await outcomeOf(() => store.withLock(key(), work, options));
    must(value === 'done', 'An abort got in the way of work that had begun.');
    await within(soonMs, waiting, 'The lock was not free after work during an abort.');
    must(ran.join() === 'work,other', 'An abort freed the lock while the work went on.');
  },

  async 'keeps the locks of different keys apart'({ calm, key, open, soonMs }) {
    const handles = [await open(), await open()] as const;
    const nest = async ([suffix, ...rest]: string[]): Promise<void> => {
      if (suffix === undefined) return;
      const store = handles[rest.length % 2 ? 1 : 0];
      await store.withLock(key(suffix), () => nest(rest), calm);
    };
    const work = nest(['', 'a', 'A', '/x', '/../x', '.lock', '\u00e9', 'e\u0301']);
    await within(soonMs, work, 'A lock was not free though only other keys were locked.');
  },

  async 'reads, writes and deletes whoever has the lock'(bench) {
    const { key, open, soonMs } = bench;
    const [owner, other] = [await open(), await open()];
    const giveBack = await hold(bench, owner);
    const work = (async () => {
      must((await other.read(key())) === undefined, 'A lock made a record.');
      const first = await other.write(key(), 'first', null);
      must(first, 'write() was refused because of a lock.');
      const second = await owner.write(key(), 'second', first);
      must(second, 'write() was refused to the owner of the lock.');
      must((await other.read(key()))?.value === 'second', 'read() gave another value in a lock.');
      must(await other.delete(key(), second), 'delete() was refused because of a lock.');
    })();
    await within(soonMs, work, 'A record could not be reached while its lock was taken.');
    await giveBack();
    must((await other.read(key())) === undefined, 'A lock left a record.');
  },
};
