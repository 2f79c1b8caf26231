import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileStore, type SessionStore } from '../../src/node/index.ts';
import { pause } from './processes.ts';
import { folderOfRecord, removeFoldersAfterwards, temporaryFolder } from './store-folder.ts';

let directory: string;
let store: SessionStore;
let other: SessionStore;
let calls: number;
let stop: () => void;

removeFoldersAfterwards();

beforeEach(() => {
  directory = join(temporaryFolder(), 'state', 'sessions');
  store = fileStore({ directory });
  other = fileStore({ directory });
  calls = 0;
});

afterEach(() => stop());

function watch(): void {
  stop = store.watch?.('session', () => {
    calls += 1;
  }) as () => void;
}

/** Fails unless the work is noticed soon. */
async function expectNotice(work: () => unknown): Promise<void> {
  await pause(50);
  const before = calls;
  await work();
  await expect.poll(() => calls, { timeout: 2_000 }).toBeGreaterThan(before);
}

const write = async () => {
  const revision = (await other.read('session'))?.revision ?? null;
  await expect(other.write('session', 'value', revision)).resolves.toBeTypeOf('string');
};
const remove = async () => {
  const { revision } = (await other.read('session')) ?? {};
  await expect(other.delete('session', revision as string)).resolves.toBe(true);
};

describe('who watches a record', () => {
  it('is told of the first one, wherever its folders are missing', async () => {
    watch();
    expect(existsSync(join(directory, '..'))).toBe(false);

    await expectNotice(write);
    await expectNotice(remove);
    await expectNotice(write);
    await expectNotice(write);
  });

  it('is told though the whole store was removed, and made anew', async () => {
    await write();
    watch();

    await expectNotice(() => rmSync(directory, { recursive: true }));
    await expectNotice(write);
    await expectNotice(remove);
  });

  it('is told though the folder of the record was removed, and made anew', async () => {
    await write();
    watch();

    await expectNotice(() => rmSync(folderOfRecord(directory), { recursive: true }));
    await expectNotice(write);
    await expectNotice(write);
  });

  it('is told after the next use of the store though all was moved away', async () => {
    await write();
    watch();
    await pause(50);
    // Nothing tells the folder itself.
    renameSync(join(directory, '..'), join(directory, '..', '..', 'elsewhere'));
    mkdirSync(join(directory, '..'));
    await write();

    await expectNotice(() => store.read('session'));
    await expectNotice(remove);
  });

  it('is told nothing of other records', async () => {
    await write();
    watch();
    await pause(50);
    const before = calls;
    const revision = await other.write('other', 'value', null);
    await other.delete('other', revision as string);
    await pause(50);

    expect(calls).toBe(before);
  });
});
