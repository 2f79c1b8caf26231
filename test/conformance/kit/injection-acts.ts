import { expect, vi } from 'vitest';
import {
  createAuthorizationRequest,
  frontChannel,
  handleAuthorizationResponse,
  type Transaction,
} from '../../../src/index.ts';
import type { HostileProvider } from '../../support/hostile-provider/index.ts';
import { failureOf, hostileCallback } from '../../support/relying-party.ts';
import { doing, type SignInOptions, startedByRedirect } from './acts.ts';
import { invalid } from './case.ts';
import { asked } from './flows.ts';
import { sharedClock } from './providers.ts';

export const response = (name: string) => invalid(`authorization_response.${name}`);
export const token = (name: string) => invalid(`id_token.${name}`);
export const notFound = { name: 'ValidationError', code: 'transaction_not_found' };

/** The attacker's code in the victim's callback; whatever comes of it, there is no second try. */
export const injected = (name: string, options: SignInOptions = {}) =>
  doing(`${name}, injected code`, options, async (client, op) => {
    const victim = await startedByRedirect(op, client, options.request);
    const attacker = await startedByRedirect(op, client, options.request);
    const place = (url: URL) => (url.hash ? 'hash' : 'search');
    const parameters = (url: URL) => new URLSearchParams(url[place(url)].slice(1));
    const callback = new URL(victim.callback);
    const forged = parameters(callback);
    forged.set('code', parameters(attacker.callback).get('code') as string);
    callback[place(callback)] = forged.toString();
    try {
      return await handleAuthorizationResponse(client, victim.transaction, callback);
    } catch (error) {
      const again = handleAuthorizationResponse(client, victim.transaction, callback);
      // Where the front channel gives the code away it is not sent, and the true answer may come yet.
      const isSent = op.count('token') > 0;
      expect(await failureOf(again)).toMatchObject(isSent ? notFound : (error as object));
      throw error;
    }
  });
export const twoAsked = [...asked, 'authorization'] as const;

/** Transactions where the application keeps them: found once, by `state`. */
export function storeOf(...transactions: Transaction[]) {
  const kept = new Map(transactions.map((transaction) => [transaction.state, transaction]));
  return (state: string) => {
    const transaction = kept.get(state);
    kept.delete(state);
    return transaction;
  };
}

export const inAnotherBrowser = doing('callback in another browser', {}, async (client, op) => {
  const { callback } = await startedByRedirect(op, client);
  const { transaction: its } = await createAuthorizationRequest(client, {
    redirectUri: hostileCallback,
  });
  return handleAuthorizationResponse(client, storeOf(its), callback);
});
export const outOfNowhere = doing('callback without a transaction', {}, async (client, op) => {
  const { callback } = await startedByRedirect(op, client);
  return handleAuthorizationResponse(client, async () => undefined, callback);
});
export const twiceWith = (
  name: string,
  by: (transaction: Transaction) => () => Parameters<typeof handleAuthorizationResponse>[1],
) =>
  doing(`callback twice, ${name}`, {}, async (client, op) => {
    const { callback, transaction } = await startedByRedirect(op, client);
    const next = by(transaction);
    const { tokens } = await handleAuthorizationResponse(client, next(), callback);
    expect(tokens.claims?.sub).toBe(op.subject);
    return handleAuthorizationResponse(client, next(), callback);
  });
export const atOnce = doing('callback twice at once', {}, async (client, op) => {
  const { callback, transaction } = await startedByRedirect(op, client);
  const finish = () => handleAuthorizationResponse(client, transaction, callback);
  const results = await Promise.allSettled([finish(), finish()]);
  const failed = results.filter(({ status }) => status === 'rejected');
  expect(failed).toHaveLength(1);
  throw (failed[0] as PromiseRejectedResult).reason;
});
export const reversed = doing('two at once, answers reversed', {}, async (client, op) => {
  const both = [await startedByRedirect(op, client), await startedByRedirect(op, client)];
  const lookUp = storeOf(...both.map(({ transaction }) => transaction));
  for (const { callback, transaction } of both.toReversed()) {
    const result = await handleAuthorizationResponse(client, lookUp, callback);
    expect(result.transaction).toBe(transaction);
    expect(result.tokens.claims?.['nonce']).toBe(transaction.nonce);
  }
});
export const old = (seconds: number) =>
  doing(
    `callback after ${seconds} s`,
    { provider: 'clocked', client: () => ({ clock: sharedClock }) },
    async (client, op) => {
      const { callback, transaction } = await startedByRedirect(op, client);
      sharedClock.advance(seconds * 1_000);
      return handleAuthorizationResponse(client, transaction, callback);
    },
  );
export const carrying = (name: string, change: (state: string) => string, isLookedUp: boolean) =>
  doing(name, {}, async (client, op) => {
    const { callback, transaction } = await startedByRedirect(op, client, {
      appState: { returnTo: '/orders' },
    });
    expect(callback.href).not.toContain('orders');
    callback.searchParams.set('state', change(transaction.state));
    const by = isLookedUp ? storeOf(transaction) : transaction;
    return handleAuthorizationResponse(client, by, callback);
  });
export const lastChanged = (state: string) =>
  `${state.slice(0, -1)}${state.endsWith('A') ? 'B' : 'A'}`;

export const thousand = doing('a thousand transactions', {}, async (client) => {
  const random = vi.spyOn(crypto, 'getRandomValues');
  try {
    const made: Transaction[] = [];
    for (let round = 0; round < 1_000; round += 1) {
      const options = { redirectUri: hostileCallback };
      made.push((await createAuthorizationRequest(client, options)).transaction);
    }
    const drawn = random.mock.calls.map(([array]) => array?.byteLength ?? 0);
    return { made, drawn };
  } finally {
    random.mockRestore();
  }
});

export const asking = (name: string, client: Parameters<typeof doing>[1], request: object) =>
  doing(name, client, (made) =>
    createAuthorizationRequest(made, { redirectUri: hostileCallback, ...request }),
  );
export const implicitOnly = (responseType: string) =>
  asking(
    `${responseType}, not allowed`,
    { client: () => ({ frontChannel: frontChannel() }) },
    { responseType },
  );

export const withoutVerifier = (name: string, change: (transaction: Transaction) => object) =>
  doing(`transaction ${name}`, {}, async (client, op) => {
    const { callback, transaction } = await startedByRedirect(op, client);
    const changed = change(transaction) as Transaction;
    return handleAuthorizationResponse(client, changed, callback);
  });
export const overriding = (name: string) =>
  asking(`extra parameter ${name}`, {}, { extraParameters: { [name]: 'plain' } });

export const challenged = (_: unknown, op: HostileProvider) => {
  const carrier = op.requests.find(
    ({ endpoint }) => endpoint === 'par' || endpoint === 'authorization',
  );
  const sent = new Map(carrier?.params);
  expect(sent.get('code_challenge')).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(sent.get('code_challenge_method')).toBe('S256');
  const verifier = new Map(op.requests.find(({ endpoint }) => endpoint === 'token')?.params).get(
    'code_verifier',
  );
  expect(verifier).toMatch(/^[A-Za-z0-9\-._~]{43,128}$/);
};
