import {
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { fileStore, type SessionStore } from '../../src/node/index.ts';
import { sessionStoreContract } from '../../src/storage/session-store-contract.ts';
import { refusesWrongArguments } from '../storage/store-arguments.ts';
import { failureOf } from '../support/relying-party.ts';
import { killProcessesAfterwards, pause, startProcess } from './processes.ts';
import {
  dataFile,
  everyFile,
  modeOf,
  removeFoldersAfterwards,
  temporaryFolder,
} from './store-folder.ts';

let directory: string;
let store: SessionStore;

killProcessesAfterwards();
removeFoldersAfterwards();

beforeEach(() => {
  directory = join(temporaryFolder(), 'state', 'sessions');
  store = fileStore({ directory });
});

describe('a file store', () => {
  const shared = join(temporaryFolder(), 'contract');

  for (const { name, run } of sessionStoreContract(() => fileStore({ directory: shared }))) {
    it(name, run);
  }

  it('has nothing left after the tests of the contract', () => {
    expect(everyFile(shared)).toEqual([]);
  });

  refusesWrongArguments(() => fileStore({ directory: shared }));

  it('refuses options that cannot work', () => {
    const make = fileStore as (options: unknown) => SessionStore;
    for (const options of [undefined, {}, { directory: '' }, { directory: 1 }]) {
      expect(() => make(options)).toThrowError(expect.objectContaining({ code: 'invalid_option' }));
    }
    expect(() => make({ directory: 'a\0b' })).toThrowError(
      expect.objectContaining({ code: 'invalid_option', option: 'directory' }),
    );
  });

  it('takes a file: URL object', async () => {
    await fileStore({ directory: pathToFileURL(directory) }).write('session', 'value', null);

    await expect(store.read('session')).resolves.toMatchObject({ value: 'value' });
  });

  it.each(['~', '~/sessions', '~ada/sessions', 'file:///tmp/x', 'FILE:/x', 'https://a.example'])(
    'says why a directory cannot be meant: %s',
    (directory) => {
      const given = directory.startsWith('https') ? new URL(directory) : directory;
      expect(() => fileStore({ directory: given })).toThrowError(
        expect.objectContaining({
          code: 'invalid_option',
          option: 'directory',
          message: expect.stringMatching(/homedir|URL/),
        }),
      );
    },
  );

  it('makes nothing for keys that nobody has written', async () => {
    const stop = store.watch?.('unknown', () => {});
    await store.read('unknown');
    await store.write('unknown', 'value', 'revision');
    await store.delete('unknown', 'revision');
    await pause(20);
    expect(existsSync(directory)).toBe(false);

    await store.withLock('unknown', () => store.read('unknown'), { leaseMs: 500, patienceMs: 900 });
    stop?.();
    expect(everyFile(directory)).toEqual([]);
  });

  it('opens nothing before it is used, and makes nothing to read nothing', async () => {
    await expect(store.read('session')).resolves.toBeUndefined();

    expect(existsSync(directory)).toBe(false);
  });

  it('keeps records apart whose keys look alike', async () => {
    const keys = [
      'a/b',
      'a b',
      'A b',
      '../a',
      'a'.repeat(300),
      `${'a'.repeat(300)}b`,
      'ä',
      '\ud800',
    ];
    for (const key of keys) await store.write(key, `of ${key}`, null);

    for (const key of keys) {
      await expect(store.read(key)).resolves.toMatchObject({ value: `of ${key}` });
    }
  });

  it('tells another process that a record has changed', async () => {
    const other = await startProcess(directory);
    let heard = () => {};
    const change = new Promise<void>((resolve) => {
      heard = resolve;
    });
    const stop = store.watch?.('session', heard);

    await other.do('write', 'session', 'value', null);
    await change;
    stop?.();
  });

  it('lets a process end that only watches, and has a lock', async () => {
    const other = await startProcess(directory);

    await other.do('letGo', 'session');

    await other.ended();
  });
});

describe('the files of a store', () => {
  it.each([0, 0o077, 0o777])('are for their owner alone with umask %o', async (mask) => {
    const other = await startProcess(directory);
    await other.do('umask', mask);
    // The parents are made as the umask says, which root alone can live with.
    mkdirSync(join(directory, '..'));

    await other.do('write', 'session', 'value', null);
    await other.do('lock', 'session', { leaseMs: 1_000, patienceMs: 2_000 });

    const paths = everyFile(directory);
    expect(paths.length).toBe(5);
    expect(modeOf(directory)).toBe('700');
    for (const path of paths) {
      expect(modeOf(path)).toBe(statSync(path).isDirectory() ? '700' : '600');
    }
  });

  it('are on a path that may lead over links of others', async () => {
    const parent = temporaryFolder();
    const link = join(temporaryFolder(), 'link');
    symlinkSync(parent, link);

    await fileStore({ directory: join(link, 'sessions') }).write('session', 'value', null);

    const direct = fileStore({ directory: join(parent, 'sessions') });
    await expect(direct.read('session')).resolves.toMatchObject({ value: 'value' });
  });

  it('are on the disk before a name leads to them, and the name before a write is done', async () => {
    const other = await startProcess(directory);
    const revision = (await other.do('write', 'session', 'value', null)) as string;
    await other.do('note');

    await other.do('write', 'session', 'new', revision);

    await expect(other.do('noted')).resolves.toEqual([
      'sync .data',
      'sync folder',
      'rename .record to .record',
      'sync folder',
    ]);
  });

  it('tell nothing of the key, which may be a secret, nor do errors', async () => {
    await store.write('secret state', 'value', null);
    const shown = [...everyFile(directory), readFileSync(dataFile(directory), 'utf8')];
    truncateSync(dataFile(directory));
    const error = await failureOf(store.read('secret state'));

    expect(JSON.stringify([...shown, error, error.message])).not.toMatch(/secret|state(?!\/)/);
  });

  it('do not pile up', async () => {
    let revision: string | null = null;
    for (let number = 0; number < 20; number += 1) {
      revision = (await store.write('session', `value ${number}`, revision)) as string;
      await store.withLock('session', async () => {}, { leaseMs: 100, patienceMs: 200 });
    }

    expect(everyFile(directory)).toHaveLength(5);
  });

  it('are gone once the record is deleted', async () => {
    const revision = await store.write('session', 'secret', null);
    await store.delete('session', revision as string);

    expect(everyFile(directory)).toEqual([]);
  });

  it('that a crash left behind go away with the next use', async () => {
    const revision = await store.write('session', 'value', null);
    const leftover = dataFile(directory).replace(/\w{30}\.data$/, `${'0'.repeat(30)}.data`);
    writeFileSync(leftover, 'half', { mode: 0o600 });
    const unborn = join(directory, `x.lock.${'0'.repeat(32)}.new`);
    mkdirSync(unborn);
    utimesSync(unborn, 1, 1);

    await expect(store.read('session')).resolves.toEqual({ value: 'value', revision });
    await store.write('other', 'value', null);

    expect(existsSync(leftover)).toBe(false);
    expect(existsSync(unborn)).toBe(false);
  });
});
