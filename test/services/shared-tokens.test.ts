import { describe, expect, it } from 'vitest';
import type {
  ServiceGrantRequest,
  SessionStore,
  TokenSet,
  TransportError,
} from '../../src/index.ts';
import { clientCredentialsGrant, StorageError } from '../../src/index.ts';
import { memoryStore } from '../../src/storage/memory-store.ts';
import { faultyStore } from '../support/faulty-store.ts';
import { failureOf } from '../support/relying-party.ts';
import { defer } from '../support/scripted-web.ts';
import { quiet, until } from '../support/turns.ts';
import { due, lifetime, outage, second, serviceKit } from './service-kit.ts';

/** Processes with one store, each with a way of its own to it. */
function fleet(count: number) {
  const kit = serviceKit();
  const inner = memoryStore({ clock: kit.clock });
  const written: string[] = [];
  const spied: SessionStore = {
    ...inner,
    write(key, value, revision) {
      written.push(key);
      return inner.write(key, value, revision);
    },
  };
  const members = Array.from({ length: count }, () => {
    const store = faultyStore(spied);
    return { ...kit.service({ store }), store };
  });
  const all = () => Promise.all(members.map(({ tokens }) => tokens.getAccessToken()));
  return { ...kit, all, inner, members, written };
}

type Member = ReturnType<typeof fleet>['members'][number];
const [first, second_] = [0, 1];
const member = (members: readonly Member[], at: number) => members[at] as Member;

describe('service tokens in a store', () => {
  it('are one request for all processes, cold and at every expiry', async () => {
    const { all, clock, members, requests } = fleet(40);
    expect(new Set(await all())).toEqual(new Set(['token-1']));
    expect(requests()).toBe(1);
    for (const round of [2, 4, 6]) {
      clock.advance(due.latest);
      await all();
      await quiet(100);
      expect(new Set(await all())).toEqual(new Set([`token-${round}`]));
      expect(requests()).toBe(round);
      clock.advance(lifetime);
      expect(new Set(await all()).size).toBe(1);
      expect(requests()).toBe(round + 1);
    }
    const told = members.reduce((sum, one) => sum + one.told('requested'), 0);
    expect(told).toBe(requests());
  });

  it.each([
    ['a new life', lifetime],
    ['what is left of its life', lifetime - due.latest],
  ])('are one request also where the provider gives the same again, with %s', async (_, life) => {
    const { all, answer, clock, grant, requests } = fleet(10);
    answer(() => grant({ access_token: 'same' }));
    await all();
    clock.advance(due.latest);
    answer(() => grant({ access_token: 'same', expires_in: life / 1000 }));
    await all();
    await quiet(100);
    expect(new Set(await all())).toEqual(new Set(['same']));
    expect(requests()).toBe(2);
    clock.advance(life);
    await all();
    expect(requests()).toBe(3);
  });

  it('serve a process that starts late, without a request', async () => {
    const { all, clock, members, requests } = fleet(2);
    await member(members, first).tokens.getAccessToken();
    clock.advance(second);
    expect(await all()).toEqual(['token-1', 'token-1']);
    expect(requests()).toBe(1);
    expect(member(members, second_).told('shared')).toBe(1);
  });

  it('serve a process that starts late from a token that is due, while nobody gives another', async () => {
    const { all, answer, clock, members } = fleet(2);
    await member(members, first).tokens.getAccessToken();
    clock.advance(due.latest);
    answer(() => outage());
    expect(await all()).toEqual(['token-1', 'token-1']);
  });

  it('are replaced once where all processes were refused', async () => {
    const { all, members, requests } = fleet(10);
    const [rejected] = await all();
    const calls = members.map(({ tokens }) => tokens.getAccessToken({ rejected }));
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['token-2']));
    expect(requests()).toBe(2);
  });

  it('are not the refused one for a caller who comes while that is being fetched', async () => {
    const { members, requests } = fleet(2);
    const rejected = await member(members, first).tokens.getAccessToken();
    const { tokens } = member(members, second_);
    const calls = [tokens.getAccessToken(), tokens.getAccessToken({ rejected })];
    expect(await Promise.all(calls)).toEqual(['token-1', 'token-2']);
    expect(requests()).toBe(2);
  });

  it('cost one request per interval in an outage, for all processes together', async () => {
    const { answer, clock, grant, members, pass, requests } = fleet(10);
    answer(() => outage());
    const codes = new Set<string>();
    for (let n = 0; n < 100; n += 1) {
      for (const { tokens } of members)
        codes.add((await failureOf(() => tokens.getAccessToken())).code);
      await pass(100);
    }
    expect(codes).toEqual(new Set(['oauth_error', 'refresh_postponed']));
    // One would be 1, 2, 4 and 4 seconds apart with this jitter.
    expect(requests()).toBeLessThan(6);
    answer(() => grant());
    clock.advance(16 * second);
    expect(await member(members, first).tokens.getAccessToken()).toBe('token-1');
  });

  it('are there when a process may ask again that was told to wait', async () => {
    const { answer, grant, members, pass, requests } = fleet(2);
    const owner = member(members, first).tokens;
    const other = member(members, second_).tokens;
    answer(() => outage());
    await failureOf(owner.getAccessToken());
    const postponed = await failureOf(other.getAccessToken());
    expect(postponed.code).toBe('refresh_postponed');
    answer(() => grant());
    await pass((postponed as TransportError).retryAfterMs ?? 0);
    expect(await owner.getAccessToken()).toBe('token-1');
    expect(await other.getAccessToken()).toBe('token-1');
    expect(requests()).toBe(2);
  });

  it('let no process wait for what is set up wrongly in another', async () => {
    const kit = serviceKit();
    const store = memoryStore({ clock: kit.clock });
    const metadata = { token_endpoint: undefined };
    const wrong = () => kit.service({ store, client: { metadata } }).tokens.getAccessToken();
    expect((await failureOf(wrong)).code).toBe('unsupported_by_server');
    expect((await failureOf(wrong)).code).toBe('unsupported_by_server');
    expect(await kit.service({ store }).tokens.getAccessToken()).toBe('token-1');
  });

  it('let no process wait for one that was closed in the midst of a request', async () => {
    const kit = serviceKit();
    const store = memoryStore({ clock: kit.clock });
    // Gives up at once, as a grant of one's own may.
    const grant = {
      name: 'own',
      request: ({ signal }: ServiceGrantRequest) =>
        new Promise<TokenSet>((_, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason));
        }),
    };
    const closed = kit.service({ store, grant });
    const refused = failureOf(closed.tokens.getAccessToken());
    await quiet();
    closed.tokens.close();
    expect(await refused).toMatchObject({ code: 'aborted' });
    await quiet();
    const request = () => clientCredentialsGrant(kit.op.client());
    const { tokens } = kit.service({ store, grant: { ...grant, request } });
    expect(await tokens.getAccessToken()).toBe('token-1');
  });

  it('are not asked for by one that was closed while others had the lock', async () => {
    const kit = serviceKit();
    const store = memoryStore({ clock: kit.clock });
    kit.answer(() => new Promise(() => {}));
    const owner = failureOf(kit.service({ store }).tokens.getAccessToken());
    await quiet();
    const { events, tokens } = kit.service({ store });
    const closed = failureOf(tokens.getAccessToken());
    await quiet();
    tokens.close();
    expect((await closed).code).toBe('aborted');
    await quiet();
    expect(events).toEqual([{ type: 'miss' }]);
    expect(kit.requests()).toBe(1);
    kit.clock.advance(60 * second);
    expect((await owner).code).toBe('timeout');
  });

  it('are shared only by those who ask for the very same', async () => {
    const kit = serviceKit();
    const store = memoryStore({ clock: kit.clock });
    const tokenOf = async (options: object, asked?: object) => {
      const { tokens } = kit.service({ store, ...options });
      return tokens.getAccessToken(asked);
    };
    const different = [
      await tokenOf({}),
      await tokenOf({ scope: 'a' }),
      await tokenOf({ resource: 'https://api.example' }),
      await tokenOf({ extraParameters: { audience: 'a' } }),
      await tokenOf({ certificateThumbprint: 'x' }),
      await tokenOf({ client: { clientId: 'other' } }),
      await tokenOf({}, { subject: 'ada' }),
    ];
    expect(new Set(different).size).toBe(different.length);
    expect(await tokenOf({}, { scope: 'a' })).toBe('token-2');
    expect(await tokenOf({ scope: 'b' }, { subject: 'ada' })).not.toBe(different[6]);
    expect(await tokenOf({ resource: ['https://api.example'] })).toBe('token-3');
  });

  it('need the thumbprint of the certificate where the certificate authenticates', () => {
    const kit = serviceKit();
    const authentication = Object.assign(() => {}, { mutualTls: true } as const);
    const make = (more: object) => () => kit.service({ client: { authentication }, ...more });
    const store = memoryStore();
    expect(make({})).not.toThrow();
    expect(make({ store, certificateThumbprint: 'x5t' })).not.toThrow();
    expect(make({ store })).toThrowError(
      expect.objectContaining({ code: 'invalid_option', option: 'certificateThumbprint' }),
    );
  });

  it.each([
    ['text', 'garbage'],
    ['another version', JSON.stringify({ version: 2, token: {} })],
    ['half a token', JSON.stringify({ version: 1, token: { accessToken: 'x' } })],
    [
      'a pause without end',
      JSON.stringify({ version: 1, failure: { attempts: 'x', failedAt: 0, retryAt: 1e99 } }),
    ],
  ])('do not mind what else is there: %s', async (_, value) => {
    const { clock, inner, members, requests, written } = fleet(1);
    const { tokens } = member(members, first);
    await tokens.getAccessToken();
    const key = written[0] as string;
    const { revision } = (await inner.read(key)) ?? {};
    await inner.write(key, value, revision ?? null);
    clock.advance(lifetime);
    expect(await tokens.getAccessToken()).toBe('token-2');
    expect(requests()).toBe(2);
    expect(JSON.parse((await inner.read(key))?.value ?? '')).toMatchObject({ version: 1 });
  });

  it('are not taken from a record of something else', async () => {
    const { inner, members, requests, written } = fleet(1);
    const { tokens } = member(members, first);
    await tokens.getAccessToken({ subject: 'ada' });
    await tokens.getAccessToken({ subject: 'grace' });
    const [ada = '', grace = ''] = written;
    const stolen = await inner.read(ada);
    const { revision = '' } = (await inner.read(grace)) ?? {};
    await inner.write(grace, stolen?.value ?? '', revision);
    const rejected = 'token-2';
    expect(await tokens.getAccessToken({ subject: 'grace', rejected })).toBe('token-3');
    expect(requests()).toBe(3);
  });
});

describe('service tokens while the store is out of order', () => {
  it.each(['read', 'lock', 'write'] as const)(
    'come from each process itself: %s',
    async (operation) => {
      const { all, clock, members, requests } = fleet(3);
      const repaired = members.map(({ store }) => store.refuse(operation));
      const given = await all();
      expect(new Set(given).size).toBe(3);
      expect(requests()).toBe(3);
      await quiet();
      for (const { events, told } of members) {
        expect(told('storeFailed')).toBe(1);
        expect(events.find(({ type }) => type === 'storeFailed')).toMatchObject({
          error: { code: 'storage_failed' },
        });
      }
      // It is said once, however long it lasts.
      clock.advance(lifetime);
      await all();
      await quiet();
      expect(requests()).toBe(6);
      expect(members.map(({ told }) => told('storeFailed'))).toEqual([1, 1, 1]);

      for (const repair of repaired) repair();
      clock.advance(lifetime);
      expect(new Set(await all()).size).toBe(1);
      expect(requests()).toBe(7);
      expect(members.map(({ told }) => told('storeRecovered'))).toEqual([1, 1, 1]);
    },
  );

  it.each(['read', 'write'] as const)('come all the same where it hangs: %s', async (operation) => {
    const { clock, members, requests } = fleet(2);
    const owner = member(members, first);
    const { reached } = owner.store.halt(operation, { when: 'before' });
    const call = owner.tokens.getAccessToken();
    await reached;
    clock.advance(5 * second);
    await quiet();
    expect(await call).toBe('token-1');
    expect(owner.told('storeFailed')).toBe(1);
    // It has let go of the lock, too.
    expect(await member(members, second_).tokens.getAccessToken()).toBe('token-2');
    expect(requests()).toBe(2);
    await quiet();
    expect(clock.pending).toBe(0);
  });

  it('serve all who wait as soon as one has written, and not one after the other', async () => {
    const { clock, members, requests } = fleet(10);
    const [owner, ...others] = members.map(({ store }) => store);
    const { reached, release } = (owner as Member['store']).halt('write', { when: 'after' });
    const calls = members.map(({ tokens }) => tokens.getAccessToken());
    await reached;
    // The owner keeps the lock, and what is wanted is there.
    clock.advance(100);
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['token-1']));
    expect(requests()).toBe(1);
    expect(others).toHaveLength(9);
    release();
    await quiet();
    expect(clock.pending).toBe(0);
  });

  it('are not asked for by one who gets them and the lock in the same moment', async () => {
    const { clock, members, requests } = fleet(2);
    const owner = member(members, first);
    const other = member(members, second_);
    const { reached, release } = owner.store.halt('write', { when: 'after' });
    const reads: (() => void)[] = [];
    const { read } = other.store;
    other.store.read = async (key) => {
      const record = await read(key);
      if (!record) return record;
      const gate = defer();
      reads.push(gate.resolve);
      await gate.promise;
      return record;
    };
    const calls = [owner.tokens.getAccessToken(), other.tokens.getAccessToken()];
    await reached;
    clock.advance(100);
    await until(() => reads.length === 1);
    release();
    await until(() => reads.length === 2);
    for (const goOn of reads) goOn();
    expect(await Promise.all(calls)).toEqual(['token-1', 'token-1']);
    await quiet();
    expect(requests()).toBe(1);
  });

  it('leave the store alone for two seconds', async () => {
    const { clock, members } = fleet(1);
    const { store, tokens } = member(members, first);
    store.refuse('read');
    await tokens.getAccessToken();
    const asked = store.count();
    await tokens.getAccessToken({ scope: 'b' });
    expect(store.count()).toBe(asked);
    clock.advance(2 * second);
    await tokens.getAccessToken({ scope: 'c' });
    expect(store.count()).toBe(asked + 1);
  });

  it('do not wait for the store once they are there', async () => {
    const { members } = fleet(1);
    const { store, tokens } = member(members, first);
    const { reached } = store.halt('write');
    expect(await tokens.getAccessToken()).toBe('token-1');
    await reached;
    expect(await tokens.getAccessToken()).toBe('token-1');
  });

  it('are got alone where others keep the lock, which is no failure of the store', async () => {
    const { members, requests } = fleet(1);
    const { store, told, tokens } = member(members, first);
    const locked = new StorageError('Others held the lock.', {
      code: 'lock_timeout',
      retryable: true,
    });
    store.withLock = () => Promise.reject(locked);
    expect(await tokens.getAccessToken()).toBe('token-1');
    expect(requests()).toBe(1);
    expect(told('storeFailed')).toBe(0);
  });

  it('keep what a process has got when another one was faster to write', async () => {
    const { answer, grant, members, requests } = fleet(2);
    for (const { store } of members) store.takeLocks();
    const answered = defer();
    answer(async () => {
      await answered.promise;
      return grant();
    });
    const calls = members.map(({ tokens }) => tokens.getAccessToken());
    await quiet();
    answered.resolve();
    expect((await Promise.all(calls)).sort()).toEqual(['token-1', 'token-2']);
    expect(requests()).toBe(2);
    expect(members.map(({ told }) => told('storeFailed'))).toEqual([0, 0]);
  });
});
