import {
  chmodSync,
  cpSync,
  linkSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { StorageError } from '../../src/index.ts';
import { fileStore, type SessionStore } from '../../src/node/index.ts';
import { failureOf } from '../support/relying-party.ts';
import {
  dataFile,
  everyFile,
  filesAside,
  filesOfRecord,
  folderOfRecord,
  removeFoldersAfterwards,
  temporaryFolder,
} from './store-folder.ts';

let directory: string;
let store: SessionStore;

removeFoldersAfterwards();

beforeEach(() => {
  directory = join(temporaryFolder(), 'state', 'sessions');
  store = fileStore({ directory });
});

describe('a damaged record', () => {
  let revision: string;
  let file: string;

  beforeEach(async () => {
    revision = (await store.write('session', 'the old value', null)) as string;
    file = dataFile(directory);
  });

  const damages: [string, () => void][] = [
    ['empty', () => truncateSync(file, 0)],
    ['cut off', () => truncateSync(file, statSync(file).size - 1)],
    ['changed', () => edit((text) => text.replace('old', 'odd'))],
    ['full of zeros', () => edit((text) => '\0'.repeat(text.length))],
    [
      'of another version of the library',
      () => edit((text) => text.replace('record 1', 'record 2')),
    ],
    ['no record', () => edit(() => '{"token":"of another program"}\n"x"')],
    ['of a revision before', () => edit((text) => text.replace(revision, '0'.repeat(32)))],
  ];

  function edit(change: (text: string) => string): void {
    const text = readFileSync(file, 'utf8');
    const changed = change(text);
    expect(changed).not.toBe(text);
    writeFileSync(file, changed);
  }

  it.each(damages)('that is %s is reported, and kept when it is replaced', async (_, damage) => {
    damage();
    const bytes = readFileSync(file);

    const error = await failureOf(store.read('session'));
    expect(error).toMatchObject({ code: 'record_unreadable', path: file, revision });
    expect(JSON.stringify(error)).not.toContain('value');
    await expect(store.write('session', 'new', null)).resolves.toBeUndefined();
    expect(readFileSync(file)).toEqual(bytes);

    await expect(store.write('session', 'new', revision)).resolves.toEqual(expect.any(String));
    await expect(store.read('session')).resolves.toMatchObject({ value: 'new' });
    expect(filesAside(directory).map((path) => readFileSync(path))).toEqual([bytes]);
  });

  it('goes with the next write, or with a sign-out: it may hold a token', async () => {
    for (const end of ['write', 'delete'] as const) {
      truncateSync(dataFile(directory), 10);
      revision = (await store.write('session', 'new', revision)) as string;
      expect(filesAside(directory)).toHaveLength(1);
      if (end === 'write') revision = (await store.write('session', 'next', revision)) as string;
      else await store.delete('session', revision);
      expect(filesAside(directory)).toEqual([]);
    }
    expect(everyFile(directory)).toEqual([]);
  });

  it('that is, with all its files, the one of another key is reported', async () => {
    const path = folderOfRecord(directory);
    await store.write('other', 'of somebody else', null);
    const other = readdirSync(directory).find((name) => !path.endsWith(name)) as string;
    rmSync(path, { recursive: true });
    cpSync(join(directory, other), path, { recursive: true });
    // Whose rights a copied folder has depends on the version of Node.
    chmodSync(path, 0o700);

    const error = await failureOf(store.read('session'));

    expect(error.code).toBe('record_unreadable');
    expect(JSON.stringify(error)).not.toContain('somebody');
  });

  it('is reported when its file is gone, too', async () => {
    rmSync(file);

    expect(await failureOf(store.read('session'))).toMatchObject({ code: 'record_unreadable' });
    await expect(store.write('session', 'new', revision)).resolves.toBeTypeOf('string');
  });

  it('is not kept when it is deleted', async () => {
    truncateSync(file, 10);

    await expect(store.delete('session', revision)).resolves.toBe(true);

    await expect(store.read('session')).resolves.toBeUndefined();
    expect(everyFile(directory)).toEqual([]);
  });

  it('without the file that says what counts is reported, and kept when it is replaced', async () => {
    rmSync(filesOfRecord(directory, '.record')[0] as string);
    const bytes = readFileSync(file);

    const error = await failureOf(store.read('session'));
    const other = (error as StorageError).revision as string;
    expect(error).toMatchObject({ code: 'record_unreadable', path: folderOfRecord(directory) });
    expect(other).toMatch(/^\w{64}$/);
    for (const wrong of [null, revision, 'never']) {
      await expect(store.write('session', 'new', wrong)).resolves.toBeUndefined();
    }
    await expect(store.delete('session', revision)).resolves.toBe(false);
    expect(readFileSync(file)).toEqual(bytes);

    const written = await Promise.all(
      [1, 2, 3].map((number) => store.write('session', `new ${number}`, other)),
    );
    expect(written.filter((one) => one)).toHaveLength(1);
    await expect(store.read('session')).resolves.toMatchObject({
      value: expect.stringMatching(/^new \d$/),
    });
    expect(filesAside(directory).map((path) => readFileSync(path))).toEqual([bytes]);
  });

  it('without the file that says what counts can be deleted, by one', async () => {
    rmSync(filesOfRecord(directory, '.record')[0] as string);
    const { revision } = (await failureOf(store.read('session'))) as StorageError;

    const done = [1, 2, 3].map(() => store.delete('session', revision as string));

    expect((await Promise.all(done)).sort()).toEqual([false, false, true]);
    await expect(store.read('session')).resolves.toBeUndefined();
    expect(everyFile(directory)).toEqual([]);
  });

  it('is not made by somebody who removes empty files', async () => {
    await store.withLock('session', async () => {}, { leaseMs: 1_000, patienceMs: 2_000 });
    const files = everyFile(directory).filter((path) => statSync(path).isFile());

    expect(files).toHaveLength(3);
    expect(files.filter((path) => statSync(path).size === 0)).toEqual([]);
  });

  it('is none: a file of somebody else, beside a record or in the place of one', async () => {
    const foreign = join(folderOfRecord(directory), '.DS_Store');
    writeFileSync(foreign, 'x');
    await expect(store.read('session')).resolves.toMatchObject({ value: 'the old value' });
    await expect(store.delete('session', revision)).resolves.toBe(true);

    expect(readFileSync(foreign, 'utf8')).toBe('x');
    await expect(store.read('session')).resolves.toBeUndefined();
    await expect(store.write('session', 'new', null)).resolves.toBeTypeOf('string');
    await expect(store.read('session')).resolves.toMatchObject({ value: 'new' });
  });

  it('is as good as none when somebody emptied its folder', async () => {
    for (const path of filesOfRecord(directory)) rmSync(path);

    await expect(store.read('session')).resolves.toBeUndefined();
    await expect(store.write('session', 'new', null)).resolves.toBeTypeOf('string');
  });

  it('is none: what is merely restored beside it', async () => {
    const head = filesOfRecord(directory, '.record')[0] as string;
    linkSync(head, head.replace(/\d+\.\w+\.record$/, `0.${'0'.repeat(32)}.record`));

    await expect(store.read('session')).resolves.toMatchObject({ value: 'the old value' });
    expect(filesOfRecord(directory, '.record')).toEqual([head]);
  });
});
