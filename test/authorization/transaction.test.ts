import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type AuthorizationRequestOptions,
  type Client,
  createAuthorizationRequest,
  handleAuthorizationResponse,
  type Transaction,
} from '../../src/index.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { type HostileProvider, startHostileProvider } from '../support/hostile-provider/index.ts';
import { browserOf, failureOf, hostileCallback, hostileClient } from '../support/relying-party.ts';

let op: HostileProvider;
let client: Client;
let clock: FakeClock;

beforeAll(async () => {
  clock = createFakeClock(Date.now());
  op = await startHostileProvider({ now: clock.now });
});
beforeEach(() => {
  op.reset();
  client = hostileClient(op, { clock });
});
afterAll(() => op.close());

async function start(options: Partial<AuthorizationRequestOptions> = {}) {
  const { url, transaction } = await createAuthorizationRequest(client, {
    redirectUri: hostileCallback,
    ...options,
  });
  return { transaction, callback: await browserOf(op)(url) };
}

async function refusal({ transaction, callback }: { transaction: Transaction; callback: URL }) {
  const error = await failureOf(handleAuthorizationResponse(client, transaction, callback));
  expect(op.count('token')).toBe(0);
  expect(error.retryable).toBe(false);
  return error;
}

describe('a transaction', () => {
  it.each<[what: string, change: (transaction: Transaction) => unknown]>([
    ['is a text', () => 'transaction'],
    ['is empty', () => ({})],
    ['is of another version', (t) => ({ ...t, version: 2 })],
    ['has no version', ({ version: _, ...t }) => t],
    ['is of another issuer', (t) => ({ ...t, issuer: 'https://evil.example' })],
    ['is of another client', (t) => ({ ...t, clientId: 'another' })],
    ['has no time', ({ createdAt: _, ...t }) => t],
    ['has a text for its time', (t) => ({ ...t, createdAt: 'now' })],
    ['has no state', (t) => ({ ...t, state: '' })],
    ['has a list for its state', (t) => ({ ...t, state: [t.state] })],
    ['has no nonce', ({ nonce: _, ...t }) => t],
    ['has no code verifier', (t) => ({ ...t, codeVerifier: undefined })],
    ['has no redirectUri', ({ redirectUri: _, ...t }) => t],
    ['has a number for its scope', (t) => ({ ...t, scope: 1 })],
    ['has a text for its resources', (t) => ({ ...t, resource: 'https://api.example' })],
    ['has a text for its maxAge', (t) => ({ ...t, maxAge: 'soon' })],
    ['has no place for its response', (t) => ({ ...t, responsePlace: '' })],
    ['has no response type', ({ responseType: _, ...t }) => t],
  ])('that %s is refused', async (_, change) => {
    const { transaction, callback } = await start();
    const forged = change(transaction) as Transaction;
    expect(await refusal({ transaction: forged, callback })).toMatchObject({
      name: 'ConfigurationError',
      code: 'invalid_transaction',
      option: 'transaction',
    });
  });

  it('of another client of ours is refused', async () => {
    const { transaction, callback } = await start();
    client = hostileClient(op, { clock, clientId: 'post-client' });
    expect(await refusal({ transaction, callback })).toMatchObject({ code: 'invalid_transaction' });
  });

  it('is plain JSON: what comes back from a store is as good', async () => {
    const { transaction, callback } = await start({ appState: { to: '/cart', at: [1, null] } });
    const stored = JSON.parse(JSON.stringify(transaction)) as Transaction;
    expect(stored).toEqual(transaction);
    const result = await handleAuthorizationResponse(client, stored, callback);
    expect(result.appState).toEqual({ to: '/cart', at: [1, null] });
    expect(result.transaction).toBe(stored);
    expect(Object.isFrozen(result)).toBe(true);
  });

  it('is good for fifteen minutes and not longer', async () => {
    const inTime = await start();
    clock.advance(900_000);
    await handleAuthorizationResponse(client, inTime.transaction, inTime.callback);
    op.reset();
    const late = await start();
    clock.advance(900_001);
    expect(await refusal(late)).toMatchObject({
      name: 'ValidationError',
      code: 'transaction_expired',
      check: 'authorization_response.state',
    });
  });

  it('is good once: the code is not sent again', async () => {
    const { transaction, callback } = await start();
    await handleAuthorizationResponse(client, transaction, callback);
    const again = await failureOf(handleAuthorizationResponse(client, transaction, callback));
    expect(again).toMatchObject({ code: 'transaction_not_found', retryable: false });
    expect(op.count('token')).toBe(1);
  });

  it('is good once, also for two callers at the same moment', async () => {
    const { transaction, callback } = await start();
    const both = await Promise.allSettled(
      [1, 2].map(() => handleAuthorizationResponse(client, transaction, callback)),
    );
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(op.count('token')).toBe(1);
  });

  it('is still good after a response that was not its own', async () => {
    const { transaction, callback } = await start();
    const foreign = new URL(callback);
    foreign.searchParams.set('state', 'another');
    await refusal({ transaction, callback: foreign });
    const { tokens } = await handleAuthorizationResponse(client, transaction, callback);
    expect(tokens.claims?.sub).toBe(op.subject);
  });
});

describe('a lookup', () => {
  it('is asked for the state, and may answer at once or later', async () => {
    for (const wrap of [(t: Transaction) => t, (t: Transaction) => Promise.resolve(t)]) {
      const { transaction, callback } = await start();
      const asked: string[] = [];
      const lookup = (state: string) => {
        asked.push(state);
        return wrap(transaction);
      };
      await handleAuthorizationResponse(client, lookup, callback);
      expect(asked).toEqual([transaction.state]);
    }
  });

  it('that finds nothing means that nobody started this sign-in', async () => {
    const { callback } = await start();
    const work = handleAuthorizationResponse(client, async () => undefined, callback);
    expect(await failureOf(work)).toMatchObject({
      name: 'ValidationError',
      code: 'transaction_not_found',
      phase: 'authorization',
      retryable: false,
    });
    expect(op.count('token')).toBe(0);
  });

  it('that finds the wrong one is caught', async () => {
    const [one, other] = [await start(), await start()];
    const work = handleAuthorizationResponse(client, () => other.transaction, one.callback);
    expect(await failureOf(work)).toMatchObject({ check: 'authorization_response.state' });
    expect(op.count('token')).toBe(0);
  });

  it('that fails fails the sign-in as it failed', async () => {
    const { callback } = await start();
    const lookup = async () => {
      throw new RangeError('the store is full');
    };
    await expect(handleAuthorizationResponse(client, lookup, callback)).rejects.toThrow(RangeError);
    expect(op.count('token')).toBe(0);
  });

  it('keeps sign-ins in two tabs apart', async () => {
    const pending = new Map<string, Transaction>();
    const tabs = [await start({ appState: 1 }), await start({ appState: 2 })];
    for (const { transaction } of tabs) pending.set(transaction.state, transaction);
    const take = (state: string) => {
      const transaction = pending.get(state);
      pending.delete(state);
      return transaction;
    };
    const results = [];
    for (const { callback } of tabs.reverse()) {
      results.push((await handleAuthorizationResponse(client, take, callback)).appState);
    }
    expect(results).toEqual([2, 1]);
    const again = handleAuthorizationResponse(client, take, tabs[0]?.callback as URL);
    expect(await failureOf(again)).toMatchObject({ code: 'transaction_not_found' });
  });
});
