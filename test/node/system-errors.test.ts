import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { isRelierError } from '../../src/index.ts';
import { fileStore, type SessionStore } from '../../src/node/index.ts';
import { onFiles } from '../../src/node/system-errors.ts';
import { failureOf } from '../support/relying-party.ts';
import { killProcessesAfterwards, startProcess } from './processes.ts';
import { filesOfRecord, removeFoldersAfterwards, temporaryFolder } from './store-folder.ts';

let directory: string;
let store: SessionStore;

killProcessesAfterwards();
removeFoldersAfterwards();

beforeEach(() => {
  directory = join(temporaryFolder(), 'state', 'sessions');
  store = fileStore({ directory });
});

describe('a system that refuses', () => {
  it.each([
    ['ENOSPC', true],
    ['EDQUOT', true],
    ['EMFILE', true],
    ['EROFS', false],
    ['EACCES', false],
    ['EIO', false],
  ])('with %s is named, and a retry helps: %s', async (reason, retryable) => {
    const cause = Object.assign(new Error('value'), { code: reason, syscall: 'write' });

    const error = await failureOf(onFiles('/here', () => Promise.reject(cause)));

    expect(error).toMatchObject({ code: 'storage_failed', reason, retryable, path: '/here' });
    expect(error.message).toBe(`The system refused write at /here with ${reason}.`);
  });

  it('is told from mistakes of our own', async () => {
    const mistake = new TypeError('undefined is not a function');

    await expect(onFiles('/here', () => Promise.reject(mistake))).rejects.toBe(mistake);
  });

  it('in the middle of a write leaves the record as it was', async () => {
    const other = await startProcess(directory, { limitFileBlocks: 8 });
    const revision = (await other.do('write', 'session', 'old', null)) as string;

    const error = await failureOfProcess(other.do('write', 'session', 'x'.repeat(9_000), revision));

    expect(error).toMatchObject({ code: 'storage_failed', reason: 'EFBIG' });
    expect(JSON.stringify(error)).not.toContain('xx');
    await expect(store.read('session')).resolves.toEqual({ value: 'old', revision });
    expect(filesOfRecord(directory, '.data')).toHaveLength(1);
  });

  async function failureOfProcess(work: Promise<unknown>): Promise<unknown> {
    const error: unknown = await work.catch((failure) => failure);
    expect(isRelierError(error)).toBe(true);
    return error;
  }
});
