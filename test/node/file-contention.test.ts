import { readdirSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { fileStore, type SessionStore } from '../../src/node/index.ts';
import {
  killProcessesAfterwards,
  pause,
  type StoreProcess,
  startProcess,
  timed,
} from './processes.ts';
import { everyFile, removeFoldersAfterwards, temporaryFolder } from './store-folder.ts';

/** An owner keeps this lock for as long as it is not known to be dead. */
const endless = { leaseMs: 60_000, patienceMs: 61_000 };

let directory: string;
let store: SessionStore;

killProcessesAfterwards();
removeFoldersAfterwards();

beforeEach(() => {
  directory = temporaryFolder();
  store = fileStore({ directory });
});

describe('a write', () => {
  it('of a process that stood still just before it finds that it is too late', async () => {
    const late = await startProcess(directory);
    const revision = (await late.do('write', 'session', 'first', null)) as string;
    await late.do('freezeBefore', 'record');
    const work = late.do('write', 'session', 'late', revision);
    await late.frozen();

    // Meanwhile the record is replaced, deleted, and made anew.
    const second = (await store.write('session', 'second', revision)) as string;
    await store.delete('session', second);
    const last = await store.write('session', 'last', null);
    late.thaw();

    await expect(work).resolves.toBeUndefined();
    await expect(store.read('session')).resolves.toEqual({ value: 'last', revision: last });
    expect(everyFile(directory).filter((file) => file.endsWith('.data'))).toHaveLength(1);
  });

  it('of the very first record finds that it is too late, too', async () => {
    const late = await startProcess(directory);
    await late.do('freezeBefore', '/\\w{64}$');
    const work = late.do('write', 'session', 'late', null);
    await late.frozen();

    const revision = await store.write('session', 'first', null);
    late.thaw();

    await expect(work).resolves.toBeUndefined();
    await expect(store.read('session')).resolves.toEqual({ value: 'first', revision });
    expect(readdirSync(directory)).toHaveLength(1);
  });

  it('that tidies up late leaves alone what others have made anew', async () => {
    const late = await startProcess(directory);
    await late.do('freezeAfter', 'record$');
    const work = late.do('write', 'session', 'first', null);
    await late.frozen();

    const { revision } = (await store.read('session')) ?? {};
    await store.delete('session', revision as string);
    const last = await store.write('session', 'last', null);
    late.thaw();

    await expect(work).resolves.toBe(revision);
    await expect(store.read('session')).resolves.toEqual({ value: 'last', revision: last });
  });

  it('is neither lost nor seen half among processes that all write at once', {
    timeout: 20_000,
  }, async () => {
    const writers = await Promise.all([1, 2, 3, 4].map(() => startProcess(directory)));
    let isOver = false;
    const reading = readAllTheTime(() => isOver);

    await Promise.all(writers.map((writer) => writer.do('count', 'session', 200)));
    isOver = true;

    const record = await store.read('session');
    expect(Number.parseInt(record?.value as string, 10)).toBe(800);
    expect(await reading).toBeGreaterThan(50);
  });

  it('is not lost where others delete, with the folders of record and lock', {
    timeout: 20_000,
  }, async () => {
    const writers = await Promise.all([1, 2, 3, 4].map(() => startProcess(directory)));

    const all = await Promise.all(
      writers.map((writer) => writer.do('churn', 'session', 60, endless)),
    );

    const [created, deleted] = [0, 1].map((at) =>
      all.reduce((sum, one) => sum + (one[at] ?? 0), 0),
    );
    const record = await store.read('session');
    expect(created).toBeGreaterThan(20);
    expect((created ?? 0) - (deleted ?? 0)).toBe(record ? 1 : 0);
    if (record) await store.delete('session', record.revision);
    await store.withLock('session', async () => {}, endless);
    expect(everyFile(directory)).toEqual([]);
  });

  it('and a lock survive processes that are killed at any moment', async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = numbersFrom(seed);
    const writers = await Promise.all([1, 2, 3].map(() => startProcess(directory)));
    const all = [...writers];
    const count = (writer: StoreProcess) =>
      void writer.do('count', 'session', 1e9, endless).catch(() => {});
    let isOver = false;
    const reading = readAllTheTime(() => isOver);
    writers.forEach(count);

    for (let kills = 0; kills < 8; kills += 1) {
      await pause(random() * 80);
      const at = Math.floor(random() * writers.length);
      await writers[at]?.kill();
      const writer = await startProcess(directory);
      writers[at] = writer;
      all.push(writer);
      count(writer);
    }
    for (const writer of writers) await writer.kill();
    isOver = true;
    await reading;

    // Nothing is stuck, nothing that was confirmed is lost, and at most one write per process that
    // was killed between writing and saying so.
    await expect(timed(store.withLock('session', async () => {}, endless))).resolves.toBeLessThan(
      1_000,
    );
    const record = await store.read('session');
    const counted = Number.parseInt(record?.value as string, 10);
    const confirmed = all.reduce((sum, writer) => sum + writer.counted, 0);
    expect(counted, `seed ${seed}`).toBeGreaterThanOrEqual(confirmed);
    expect(counted, `seed ${seed}`).toBeLessThanOrEqual(confirmed + all.length);
    await store.write('session', 'the end', record?.revision as string);
    expect(
      everyFile(directory).filter((file) => /\.(?:data|record|deleted)$/.test(file)),
    ).toHaveLength(2);
  });
});

/** Reads until it is over, and finds every value whole; says how often. */
async function readAllTheTime(isOver: () => boolean): Promise<number> {
  let reads = 0;
  let last = 0;
  while (!isOver()) {
    const record = await store.read('session');
    reads += 1;
    await pause(1);
    if (!record) continue;
    const number = Number.parseInt(record.value, 10);
    expect(record.value).toBe(String(number).padEnd(4_000, ` ${number}`));
    expect(number).toBeGreaterThanOrEqual(last);
    last = number;
  }
  return reads;
}

function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 2 ** 31;
  };
}
