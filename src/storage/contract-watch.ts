import { type Bench, type ContractPart, must, pause, within } from './contract-bench.ts';
import type { SessionStore } from './session-store.ts';

type WatchingStore = Required<SessionStore>;

/** Both handles, if the store can be watched at all. */
async function pair({ open }: Bench): Promise<WatchingStore[]> {
  const stores = [await open(), await open()];
  return stores.every(({ watch }) => watch) ? (stores as WatchingStore[]) : [];
}

/** Changes the record until the change is noticed: a watch may take a moment to begin. */
async function rewriteUntil(
  { key, soonMs }: Bench,
  store: SessionStore,
  isNoticed: () => boolean,
  otherwise: string,
): Promise<void> {
  let isGoing = true;
  const work = (async () => {
    while (isGoing && !isNoticed()) {
      const revision = (await store.read(key()))?.revision ?? null;
      await store.write(key(), 'changed', revision);
      for (let wait = 0; wait < 10 && !isNoticed(); wait += 1) await pause();
    }
  })();
  try {
    await within(soonMs, work, otherwise);
  } finally {
    isGoing = false;
  }
}

async function noticed({ soonMs }: Bench, isSo: () => boolean, otherwise: string): Promise<void> {
  const until = Date.now() + soonMs;
  while (!isSo()) {
    must(Date.now() < until, otherwise);
    await pause();
  }
}

/** Being told of changes, by stores that can tell. */
export const watchContract: ContractPart = {
  async 'tells of changes, whoever makes them'(bench) {
    const [store, other] = await pair(bench);
    if (!store || !other) return;
    let calls = 0;
    const unwatch = store.watch(bench.key(), () => {
      calls += 1;
    });
    try {
      await rewriteUntil(
        bench,
        other,
        () => calls > 0,
        'watch() did not tell of a change through another handle.',
      );
      await pause(20);
      for (const deleter of [other, store]) {
        const before = calls;
        const revision = (await deleter.read(bench.key()))?.revision ?? '';
        must(await deleter.delete(bench.key(), revision), 'delete() refused the stored revision.');
        await noticed(bench, () => calls > before, 'watch() did not tell of a deletion.');
        await pause(20);
        const gone = calls;
        await deleter.write(bench.key(), 'again', null);
        await noticed(bench, () => calls > gone, 'watch() did not tell of a new record.');
        await pause(20);
      }
    } finally {
      unwatch();
    }
  },

  async 'tells nobody who has stopped watching, and everybody else'(bench) {
    const [store, other] = await pair(bench);
    if (!store || !other) return;
    let [kept, ended] = [0, 0];
    const listener = () => {
      ended += 1;
    };
    const unwatchKept = store.watch(bench.key(), () => {
      kept += 1;
    });
    const unwatch = store.watch(bench.key(), listener);
    try {
      const otherwise = 'watch() told only one of two listeners.';
      await rewriteUntil(bench, other, () => kept > 0 && ended > 0, otherwise);
      unwatch();
      await pause(20);
      const [keptBefore, endedBefore] = [kept, ended];
      const isTold = () => kept > keptBefore;
      await rewriteUntil(bench, other, isTold, 'An ended watch() ended another one.');
      await pause(20);
      must(ended === endedBefore, 'watch() called a listener after it was ended.');
    } finally {
      unwatch();
      unwatchKept();
    }
  },
};
