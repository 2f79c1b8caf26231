import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RawServer, startRawServer } from '../support/raw-server.ts';

const root = join(import.meta.dirname, '../..');

let server: RawServer;
beforeAll(async () => {
  server = await startRawServer();
});
beforeEach(() => server.answering(200, 'hello'));
afterAll(() => server.close());

/** Runs a program in a process of its own, until that ends by itself, and reads what it printed. */
async function run(program: string): Promise<unknown> {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    packages: 'external',
  });
  const code = outputFiles[0]?.text ?? '';
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--expose-gc', '--input-type=module', '--eval', code, server.origin],
    // Where bare names are looked up. A proxy of whoever runs the tests is none of theirs.
    { cwd: root, timeout: 9_000, env: { ...process.env, NO_PROXY: '*' } },
  );
  return JSON.parse(stdout);
}

const isLoaded = `
  import { createRequire } from 'node:module';
  const { cache } = createRequire(process.cwd() + '/');
  const isLoaded = () => Object.keys(cache).some((file) => /[\\\\/]undici[\\\\/]/.test(file));
  const dispatchers = () =>
    [1, 2].map((version) => globalThis[Symbol.for('undici.globalDispatcher.' + version)]);
`;

describe('a process with a transport', () => {
  it('loads undici with the first request, and leaves the platform its own fetch', async () => {
    const printed = await run(`
      import { createTransport, fileStore } from '../../src/node/index.ts';
      import { createClient } from '../../src/index.ts';
      ${isLoaded}
      const [, origin] = process.argv;
      const found = [isLoaded()];
      fileStore({ directory: 'sessions' });
      createClient({ issuer: 'https://login.example', clientId: 'one' });
      const transport = createTransport();
      found.push(isLoaded());
      const response = await transport.fetch(origin);
      found.push(isLoaded(), await response.text());
      const { Agent } = await import('undici');
      await (await fetch(origin)).text();
      console.log(JSON.stringify([...found, dispatchers().some((one) => one instanceof Agent)]));
    `);
    expect(printed).toEqual([false, false, true, 'hello', false]);
  });

  it('ends by itself with idle connections, closed or not', async () => {
    const printed = await run(`
      import { createTransport } from '../../src/node/index.ts';
      const [, origin] = process.argv;
      const open = createTransport({ keepAliveMs: 600_000 });
      await (await open.fetch(origin)).text();
      const closed = createTransport({ keepAliveMs: 600_000, timeoutMs: 600_000 });
      await (await closed.fetch(origin)).text();
      await closed.close();
      console.log(JSON.stringify(process.getActiveResourcesInfo()));
    `);
    expect(printed).not.toContain('Timeout');
  });

  it('gives up a body that nobody can read any more', async () => {
    const cut = new Promise((resolve) => {
      server.answer((request, response) => {
        request.socket.on('error', () => {}).on('close', resolve);
        // More than anybody holds in between.
        response.write(Buffer.alloc(4_000_000));
      });
    });
    const printed = await run(`
      import { systemClock } from '../../src/index.ts';
      import { createTransport } from '../../src/node/index.ts';
      const timers = new Set();
      const setTimer = (callback) => {
        timers.add(callback);
        return () => timers.delete(callback);
      };
      const transport = createTransport({ timeoutMs: 1, clock: { ...systemClock, setTimer } });
      const { status } = await transport.fetch(process.argv[1]);
      const found = [status, timers.size];
      while (timers.size > 0) {
        gc();
        await new Promise(setImmediate);
      }
      console.log(JSON.stringify(found));
    `);
    expect(printed).toEqual([200, 1]);
    await cut;
  });
});
