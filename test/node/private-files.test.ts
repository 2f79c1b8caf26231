import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { StorageError } from '../../src/errors.ts';
import { fileStore, type SessionStore } from '../../src/node/index.ts';
import { failureOf } from '../support/relying-party.ts';
import {
  dataFile,
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

describe('a file store refuses', () => {
  async function expectRefusal(path: string, reason: RegExp) {
    const uses = [
      () => store.read('session'),
      () => store.write('session', 'new', revision),
      () => store.delete('session', revision),
    ];
    for (const use of uses) {
      const error = await failureOf(use);
      expect(error).toBeInstanceOf(StorageError);
      expect(error).toMatchObject({ code: 'storage_unsafe', retryable: false, path });
      expect(error.message).toMatch(reason);
    }
  }

  let revision: string;

  beforeEach(async () => {
    revision = (await store.write('session', 'old', null)) as string;
  });

  it.each([0o755, 0o770, 0o701, 0o702])('a directory with mode %o', async (mode) => {
    chmodSync(directory, mode);

    await expectRefusal(directory, /open to others/);
  });

  it('a folder of a record that others may enter', async () => {
    chmodSync(folderOfRecord(directory), 0o750);

    await expectRefusal(folderOfRecord(directory), /0750, of which 0050 is too much .chmod 0700./);
  });

  it('a folder of a lock that others may enter', async () => {
    await store.withLock('session', async () => {}, { leaseMs: 100, patienceMs: 200 });
    const path = `${folderOfRecord(directory)}.lock`;
    chmodSync(path, 0o755);

    const work = store.withLock('session', async () => {}, { leaseMs: 100, patienceMs: 200 });

    expect(await failureOf(work)).toMatchObject({ code: 'storage_unsafe', path });
  });

  it.each([0o644, 0o620, 0o602])('a file with mode %o', async (mode) => {
    const file = dataFile(directory);
    chmodSync(file, mode);

    await expectRefusal(file, /open to others/);
    expect(readFileSync(file, 'utf8')).toContain('old');
  });

  it('what belongs to somebody else', async () => {
    const isRoot = process.geteuid?.() === 0;
    const foreign = isRoot ? directory : '/usr';
    if (isRoot) chownSync(directory, 12_345, 12_345);

    const error = await failureOf(fileStore({ directory: foreign }).read('session'));

    expect(error).toMatchObject({ code: 'storage_unsafe', path: foreign });
    expect(error.message).toContain('belongs to user');
  });

  it('a directory that is a link', async () => {
    renameSync(directory, `${directory}.real`);
    symlinkSync(`${directory}.real`, directory);

    await expectRefusal(directory, /symbolic link/);
  });

  it('a link in place of a record', async () => {
    const file = dataFile(directory);
    renameSync(file, join(directory, 'elsewhere'));
    symlinkSync(join(directory, 'elsewhere'), file);

    await expectRefusal(file, /symbolic link/);
  });

  it('a pipe in place of a record, without waiting for somebody to write to it', async () => {
    const file = dataFile(directory);
    rmSync(file);
    execFileSync('mkfifo', ['-m', '600', file]);

    await expectRefusal(file, /no file/);
  });

  it('a folder that is a link', async () => {
    const path = folderOfRecord(directory);
    renameSync(path, join(directory, '..', 'elsewhere'));
    symlinkSync(join(directory, '..', 'elsewhere'), path);

    await expectRefusal(path, /symbolic link/);
  });

  it('a file in place of the directory', async () => {
    rmSync(directory, { recursive: true });
    writeFileSync(directory, '');

    await expectRefusal(directory, /no folder/);
  });
});
