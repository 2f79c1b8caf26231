import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { Readable } from 'node:stream';
import { eventually } from './eventually.ts';
import { startFocusManager } from './focus-manager.ts';
import { endTied, spawnTied } from './tied-process.ts';

/** A display without a screen, where the newest window has the focus; WebKitGTK needs one. */
export interface Display {
  readonly name: string;
  stop(): Promise<void>;
}

export async function startDisplay(): Promise<Display> {
  const size = ['-screen', '0', '1280x1024x24', '-nolisten', 'tcp'];
  // It picks a free number and writes it to descriptor 3.
  const child = spawnTied('Xvfb', ['-displayfd', '3', ...size], { output: ['pipe'] });
  const numbers = child.stdio[3] as Readable;
  let text = '';
  for await (const chunk of numbers) {
    text += String(chunk);
    if (text.includes('\n')) break;
  }
  const name = `:${text.trim()}`;
  const focus = await startFocusManager(name);
  return {
    name,
    stop() {
      focus.stop();
      return endTied(child);
    },
  };
}

export type WebDriverCommand = <T = unknown>(
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
  timeoutMs?: number,
) => Promise<T>;

export interface WebDriverSession {
  /** Commands of one session run one after the other. */
  readonly command: WebDriverCommand;
  /** Several commands that nobody else's commands may come between. */
  exclusively<T>(work: (command: WebDriverCommand) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface WebDriverOptions {
  readonly driver: string;
  readonly display: string;
  readonly capabilities: Record<string, unknown>;
}

export async function startWebDriver(options: WebDriverOptions): Promise<WebDriverSession> {
  const port = await freePort();
  const child = spawnTied(options.driver, [`--port=${port}`], {
    env: { ...process.env, DISPLAY: options.display },
  });

  async function call<T>(
    method: string,
    path: string,
    body: unknown = {},
    timeoutMs = 30_000,
  ): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      signal: AbortSignal.timeout(timeoutMs),
      ...(method === 'POST' && { body: JSON.stringify(body) }),
    });
    const { value } = (await response.json()) as { value: unknown };
    const refusal = value as { error?: string; message?: string } | null;
    if (refusal?.error) throw new Error(`${refusal.error}: ${refusal.message}`);
    return value as T;
  }

  try {
    await eventually(() => call('GET', '/status'), `${options.driver} to start`);
    const { sessionId } = await call<{ sessionId: string }>('POST', '/session', {
      capabilities: { alwaysMatch: options.capabilities },
    });
    const command: WebDriverCommand = (method, path, ...rest) =>
      call(method, `/session/${sessionId}${path}`, ...rest);
    let queue: Promise<unknown> = Promise.resolve();
    function exclusively<T>(work: (run: WebDriverCommand) => Promise<T>): Promise<T> {
      const result = queue.then(() => work(command));
      queue = result.catch(() => undefined);
      return result;
    }
    return {
      exclusively,
      command: (...args) => exclusively((run) => run(...args)),
      async close() {
        // Ending the driver alone would leave the browser behind.
        try {
          await command('DELETE', '');
        } finally {
          await endTied(child);
        }
      },
    };
  } catch (error) {
    await endTied(child);
    throw error;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
