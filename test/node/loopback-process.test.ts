import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  nativeClient,
  type RunningProvider,
  startOpenIdProvider,
} from '../support/openid-provider.ts';
import { asAda, callbackOf, knock } from './loopback-visitor.ts';
import { removeFoldersAfterwards, temporaryFolder } from './store-folder.ts';

removeFoldersAfterwards();
let provider: RunningProvider;
let script = '';
const running = new Set<ChildProcess>();

beforeAll(async () => {
  script = join(temporaryFolder(), 'loopback-process.mjs');
  buildSync({
    entryPoints: [join(import.meta.dirname, 'loopback-process.ts')],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['undici', 'jose'],
    logLevel: 'error',
  });
  provider = await startOpenIdProvider();
});
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  await provider.close();
});

/** A program that waits for its browser. */
async function waitingProgram(how = '') {
  const args = [script, provider.issuer, nativeClient.client_id, how];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  running.add(child);
  const messages: { url?: string; end?: string }[] = [];
  child.on('message', (message: object) => messages.push(message));
  const exit = once(child, 'exit').finally(() => running.delete(child));
  await once(child, 'message');
  const url = new URL(messages[0]?.url ?? '');
  expect((await knock(callbackOf(url))).status).toBe(400);
  return { child, exit, messages, url };
}

describe('a program that waits for its browser', () => {
  it.each<[NodeJS.Signals]>([['SIGINT'], ['SIGTERM'], ['SIGKILL']])(
    'leaves no socket when %s ends it',
    async (signal) => {
      const { child, exit, url } = await waitingProgram();
      child.kill(signal);
      expect(await exit).toEqual([null, signal]);
      await expect(knock(callbackOf(url))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    },
  );

  it('ends by itself when its own handler of Ctrl-C aborts the sign-in', async () => {
    const { child, exit, messages, url } = await waitingProgram('handles Ctrl-C');
    child.kill('SIGINT');
    expect(await exit).toEqual([0, null]);
    expect(messages.at(-1)).toEqual({ end: 'aborted' });
    await expect(knock(callbackOf(url))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('ends by itself when the person is signed in, with nothing that keeps it', async () => {
    const { exit, messages, url } = await waitingProgram();
    expect((await asAda(url)).status).toBe(200);
    expect(await exit).toEqual([0, null]);
    expect(messages.at(-1)).toEqual({ end: 'signed in' });
  });
});
