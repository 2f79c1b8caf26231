import type { Clock } from '../clock.ts';
import { StorageError } from '../errors.ts';
import { invalidOption } from '../options.ts';
import { within } from '../session/within.ts';

/** What a Redis client has to be able to do. A client or a cluster of the package `redis` fits. */
export interface RedisClient {
  /** Runs a Lua script (`EVAL`) at the master that has the keys. */
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}

/** The same of the package `ioredis`; a client or a cluster. */
export interface IoRedisClient {
  /** Runs a Lua script (`EVAL`) at the master that has the keys. */
  eval(script: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>;
  /** Only there to be recognised by. */
  defineCommand(name: string, definition: { lua: string }): void;
}

/** Runs a Lua script with one key. */
export type RunScript = (script: string, key: string, ...args: string[]) => Promise<unknown>;

/** A client may wait for its connection for ever; this does not. */
const PARTS = 4;

export function scriptRunner(
  client: RedisClient | IoRedisClient,
  clock: Clock,
  timeoutMs: number,
): RunScript {
  if (typeof Object(client).eval !== 'function') {
    throw invalidOption('client', "must be a client of the package 'redis' or 'ioredis'");
  }
  const send: RunScript = async (script, key, ...args) =>
    'defineCommand' in client
      ? client.eval(script, 1, key, ...args)
      : client.eval(script, { keys: [key], arguments: args });

  return async (script, key, ...args) => {
    try {
      return await within(clock, timeoutMs, () => send(script, key, ...args), PARTS);
    } catch (error) {
      const reason = reasonOf(error);
      throw new StorageError(`Redis failed${reason && ` (${reason})`}.`, {
        code: 'storage_failed',
        retryable: true,
        ...(reason && { reason }),
      });
    }
  };
}

/** A name for it, such as `ECONNREFUSED` or Redis's own `READONLY`; never what else a text holds. */
function reasonOf(error: unknown): string {
  const { code, message, name } = Object(error);
  const [reply] = /^[A-Z]{2,20}(?= )/.exec(`${message}`) ?? [];
  const isName = (text: unknown) => /^[A-Za-z][A-Za-z0-9_]{2,39}$/.test(`${text ?? ''}`);
  return [code, reply, name].find(isName) ?? '';
}
