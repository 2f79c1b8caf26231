import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type RedisStoreOptions, redisStore, type SessionStore } from '../../src/redis/index.ts';
import { sessionStoreContract } from '../../src/storage/session-store-contract.ts';
import { refusesWrongArguments } from '../storage/store-arguments.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { failureOf } from '../support/relying-party.ts';
import { type Connection, clientKinds, connectWith } from './clients.ts';
import { type RedisServer, startRedis } from './redis-server.ts';

const encryptionKeys = crypto.getRandomValues(new Uint8Array(32));
const lock = { leaseMs: 1_000, patienceMs: 5_000 };

describe.each(clientKinds)('a Redis store of the client %s', (kind) => {
  let server: RedisServer | undefined;
  let url: string;
  const connections: Connection[] = [];

  const connection = async () => {
    const made = await connectWith(kind, url);
    connections.push(made);
    return made;
  };
  const open = async (options: Partial<RedisStoreOptions> = {}): Promise<SessionStore> =>
    redisStore((await connection()).client, { encryptionKeys, ...options });

  beforeAll(async () => {
    server = process.env['REDIS_URL'] ? undefined : await startRedis();
    url = process.env['REDIS_URL'] ?? `redis://127.0.0.1:${server?.port}`;
  });
  afterAll(async () => {
    for (const { close } of connections) close();
    await server?.close();
  });

  describe('passes the contract:', () => {
    const contract = sessionStoreContract(() => open(), { leaseMs: 500, limitMs: 20_000 });
    it.each(contract)('$name', ({ run }) => run());
  });

  it('encrypts values, and shows no key among the names', async () => {
    const [store, { command }] = [await open({ prefix: 'secrecy' }), await connection()];
    await store.write('session-of-ada', 'refresh-token-canary', null);
    await store.withLock(
      'session-of-ada',
      async () => {
        const names = (await command('KEYS', 'secrecy:*')) as string[];
        expect(names.sort()).toEqual([
          expect.stringMatching(/^secrecy:\{[\w-]{43}\}:lock$/),
          expect.stringMatching(/^secrecy:\{[\w-]{43}\}:record$/),
        ]);
        // One place in a cluster for both.
        expect(new Set(names.map((name) => /\{.*\}/.exec(name)?.[0])).size).toBe(1);
        const content = await command('HGETALL', names[1] as string);
        expect(JSON.stringify(content)).not.toMatch(/canary|ada/);
      },
      lock,
    );
  });

  it('takes the longest timeout that a platform knows for one that is longer', async () => {
    const clock = createFakeClock();
    const setTimer = vi.spyOn(clock, 'setTimer');
    const store = await open({ timeoutMs: 1e12, clock });
    expect(await store.read('nobody')).toBeUndefined();
    expect(setTimer.mock.calls.length).toBeGreaterThan(0);
    for (const [, ms] of setTimer.mock.calls) expect(ms).toBeLessThan(2 ** 31);
  });

  it('reads with all keys and writes with the first', async () => {
    const [older, newer] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const before = await open({ encryptionKeys: older });
    const during = await open({ encryptionKeys: [newer, older] });
    const after = await open({ encryptionKeys: newer });
    const first = (await before.write('rotation', 'old', null)) as string;
    expect((await during.read('rotation'))?.value).toBe('old');
    expect(await failureOf(() => after.read('rotation'))).toMatchObject({
      code: 'record_unreadable',
      revision: first,
    });
    await during.write('rotation', 'new', first);
    expect((await after.read('rotation'))?.value).toBe('new');
  });

  it('keeps a record for expireAfterSeconds after it was last written', async () => {
    const [store, { command }] = [
      await open({ expireAfterSeconds: 100, prefix: 'life' }),
      await connection(),
    ];
    await store.write('a', 'value', null);
    const [name = ''] = (await command('KEYS', 'life:*')) as string[];
    expect(Number(await command('PTTL', name))).toBeGreaterThan(90_000);
    await command('PEXPIRE', name, '1000');
    const { revision = '' } = (await store.read('a')) ?? {};
    await store.write('a', 'value', revision);
    expect(Number(await command('PTTL', name))).toBeGreaterThan(90_000);
  });

  it('says of what somebody else has put there that it cannot be read', async () => {
    const [store, { command }] = [await open({ prefix: 'foreign' }), await connection()];
    await store.write('a', 'value', null);
    const [name = ''] = (await command('KEYS', 'foreign:*')) as string[];
    await command('HDEL', name, 'revision');
    expect((await failureOf(() => store.read('a'))).code).toBe('record_unreadable');
    await command('DEL', name);
    await command('SET', name, 'text');
    expect(await failureOf(() => store.read('a'))).toMatchObject({
      code: 'storage_failed',
      reason: 'WRONGTYPE',
    });
  });

  it('takes a write that is sent again for the one that it is', async () => {
    const { client } = await connection();
    // As a client does that loses its connection before the answer.
    const twice = {
      async eval(
        script: string,
        { keys, arguments: args }: { keys: string[]; arguments: string[] },
      ) {
        const send = () =>
          'defineCommand' in client
            ? client.eval(script, keys.length, ...keys, ...args)
            : client.eval(script, { keys, arguments: args });
        await send();
        return send();
      },
    };
    const store = redisStore(twice, { encryptionKeys });
    const revision = await store.write('twice', 'value', null);
    expect(await store.read('twice')).toEqual({ revision, value: 'value' });
    expect(await store.write('twice', 'other', null)).toBeUndefined();
  });

  refusesWrongArguments(() => redisStore({ eval: async () => null }, { encryptionKeys }));

  it.each([
    ['options', undefined],
    ['encryptionKeys', {}],
    ['keys', { encryptionKeys: new Uint8Array(16) }],
    ['prefix', { encryptionKeys, prefix: 'a{b}' }],
    ['expireAfterSeconds', { encryptionKeys, expireAfterSeconds: 0 }],
    ['timeoutMs', { encryptionKeys, timeoutMs: -1 }],
    ['clock', { encryptionKeys, clock: null }],
    ['clock', { encryptionKeys, clock: { setTimer: () => () => {} } }],
  ])('refuses wrong %s', (option, wrong) => {
    const make = () => redisStore({ eval: async () => null }, wrong as never);
    expect(make).toThrowError(expect.objectContaining({ code: 'invalid_option', option }));
  });
});
