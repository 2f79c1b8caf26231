import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ensureBuilt, root } from './built-package.ts';

describe('the demo', { timeout: 60_000 }, () => {
  beforeAll(ensureBuilt, 90_000);

  it('signs in in four ways and exits with 0', async () => {
    const { code, stdout, stderr } = await demo('--once').ended;

    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toMatch(/1 {2}Backend service.*Good day, backend-service.*✓ done after/s);
    expect(stdout).toMatch(/2 {2}Password sign-in.*refresh token changed from (\w{4}) to (?!\1)/s);
    expect(stdout).toMatch(/3 {2}Native app.*ada signed in.*Good day, ada/s);
    expect(stdout).toMatch(/4 {2}Web page.*signed in +as Ada Lovelace.*silently.*signed out/s);
    expect(stdout).toContain('4 of 4 steps passed');
  });

  it('names the checks that the library reports and never prints a token or a secret', async () => {
    const { stdout } = await demo('--once').ended;

    expect(stdout).toMatch(/checked +id_token: [^:]*signature/);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).not.toMatch(/eyJ|[\w-]{40,}/);
    expect(stdout).not.toMatch(/analytical engine|p@ss:word|travels in the body|code=/);
  });

  it('exits with 1 and names the step when the API cannot be reached', async () => {
    const address = await unusedAddress();

    const { code, stdout, stderr } = await demo('--once', '--api', `${address}/reports`).ended;

    expect(code).toBe(1);
    expect(stderr).toContain('Step 1 (Backend service) failed.');
    expect(stderr).toContain('ECONNREFUSED');
    expect(stdout).toContain('✗ failed after');
    expect(stdout).not.toContain('2  Password sign-in');
  });

  it('exits with 1 when the API refuses', async () => {
    const api = createServer((_request, response) => response.writeHead(503).end());
    await once(api.listen(0, '127.0.0.1'), 'listening');
    const { port } = api.address() as AddressInfo;

    const ended = demo('--once', '--api', `http://127.0.0.1:${port}/reports`).ended;
    const { code, stderr } = await ended.finally(() => api.close());

    expect(code).toBe(1);
    expect(stderr).toContain('Step 1 (Backend service) failed. The API answered 503.');
  });

  it('keeps the page up until it is interrupted, then ends cleanly', async () => {
    const { child, ended, printed } = demo();
    const [, origin = ''] = await printed(/open (http:\/\/localhost:\d+)/);

    const page = await fetch(origin);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<title>relier example</title>');

    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
    await expect(fetch(origin)).rejects.toThrow('fetch failed');
  });
});

const running = new Set<ChildProcess>();

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** What `npm run demo` runs, without building again. */
function demo(...options: string[]) {
  const { NO_COLOR: _, FORCE_COLOR: __, ...env } = process.env;
  const tsx = 'node_modules/tsx/dist/cli.mjs';
  const command = [tsx, '--tsconfig', 'tsconfig.base.json', 'examples/demo/main.ts', ...options];
  const child = spawn(process.execPath, command, { cwd: root, env });
  running.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    stderr += chunk;
  });

  async function end() {
    const [code] = (await once(child, 'close')) as [number | null];
    running.delete(child);
    return { code, stdout, stderr };
  }

  return {
    child,
    ended: end(),
    /** Resolves when the output matches, rejects when the demo ends without. */
    printed: (pattern: RegExp) =>
      new Promise<RegExpExecArray>((resolve, reject) => {
        child.stdout.on('data', () => {
          const match = pattern.exec(stdout);
          if (match) resolve(match);
        });
        child.once('close', () => reject(new Error(`${stdout}\n${stderr}`)));
      }),
  };
}

async function unusedAddress(): Promise<string> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return `http://127.0.0.1:${port}`;
}
