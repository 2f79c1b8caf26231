import { decodeJwt } from 'jose';
import { expect, vi } from 'vitest';
import {
  dpop,
  fetchResource,
  fetchServerMetadata,
  fetchUserInfo,
  refreshTokenGrant,
  systemClock,
} from '../../../src/index.ts';
import type { HostileProvider, RecordedRequest } from '../../support/hostile-provider/index.ts';
import {
  afterwards,
  clientOf,
  doing,
  resourceOf,
  type SignedIn,
  type SignInOptions,
  signIn,
  signingIn,
} from './acts.ts';
import type { Act } from './case.ts';
import { fapiClient } from './flows.ts';

export const bound: SignInOptions = { provider: 'bound', client: () => ({ dpop: dpop() }) };
export const code = signingIn('code, DPoP', bound);
export const fapiTokens: SignInOptions = { provider: 'fapi', client: () => fapiClient() };

/** One request to the resource with tokens in hand: what a caller gets to see. */
export const resource = (name = 'resource', options = fapiTokens, init = {}) =>
  afterwards(name, options, ({ client, tokens }, op) =>
    fetchResource(client, tokens, resourceOf(op), init),
  );
export const userinfo = afterwards('userinfo', bound, ({ client, tokens }) =>
  fetchUserInfo(client, tokens),
);
export const answers = (status: number) => (response: Response) =>
  expect(response.status).toBe(status);

export const proofsOf = (op: { readonly requests: readonly RecordedRequest[] }) =>
  op.requests.flatMap(({ headers }) =>
    typeof headers['dpop'] === 'string' ? [decodeJwt(headers['dpop'])] : [],
  );
export const nonces = (op: HostileProvider) => proofsOf(op).map(({ nonce }) => nonce);

export const everythingTwice = [
  'discovery',
  'par',
  'par',
  'authorization',
  'token',
  'token',
  'jwks',
  'resource',
  'resource',
] as const;
export const manyRequests = doing(
  'FAPI, refresh, userinfo, again and again',
  fapiTokens,
  async (client, op) => {
    let { tokens } = await signIn(op, client, { use: 'resource' });
    for (let round = 0; round < 3; round += 1) {
      tokens = await refreshTokenGrant(client, tokens);
      await fetchUserInfo(client, tokens);
      expect((await fetchResource(client, tokens, resourceOf(op))).status).toBe(200);
    }
  },
);
export const twice = <T>(endpoint: T) => [endpoint, endpoint];

export function freshEveryTime(_: unknown, op: HostileProvider): void {
  const proofs = proofsOf(op).map(({ jti }) => jti);
  expect(new Set(proofs).size).toBe(proofs.length);
  const assertions = op.requests.flatMap(({ params }) => {
    const assertion = new Map(params).get('client_assertion');
    return assertion ? [decodeJwt(assertion).jti] : [];
  });
  expect(assertions.length).toBeGreaterThan(2);
  expect(new Set(assertions).size).toBe(assertions.length);
}

/** Tokens are used at the provider's own resource and at one of another origin, by turns. */
export const byTurns = doing('two origins by turns', bound, async (client, op) => {
  const { tokens } = await signIn(op, client, { use: 'nothing' });
  for (let round = 0; round < 3; round += 1) {
    for (const origin of [op.origin, op.elsewhere.origin]) {
      const response = await fetchResource(client, tokens, resourceOf(op, origin));
      expect(response.status).toBe(200);
    }
  }
});

const overHttps: SignInOptions = {
  provider: 'https',
  client: (op) => ({
    dpop: dpop(),
    fetch: (url, init) => op.fetch(url, init),
    allowInsecureRequests: undefined,
  }),
};
/** The resource under another spelling of its URL, with the `htu` that it has to be given. */
export const spelled = (name: string, spell: (url: string) => string) =>
  afterwards(`resource, ${name}`, overHttps, ({ client, tokens }, op) =>
    fetchResource(client, tokens, spell(resourceOf(op))),
  );
export const method = (name: string) => resource(`resource, ${name}`, fapiTokens, { method: name });

export const ownKey = async () =>
  (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, [
    'sign',
    'verify',
  ])) as CryptoKeyPair;

/** The tokens of one client in the hands of another, which has a key of its own. */
export const withOtherKey = (
  name: string,
  act: (signedIn: SignedIn, op: HostileProvider) => Promise<unknown>,
) =>
  afterwards(`${name} with another key`, bound, ({ tokens, ...rest }, op) =>
    act({ ...rest, tokens, client: clientOf(op, bound) }, op),
  );

/** A nonce is demanded at every turn, beside the row's own fault. */
export const demanded = (name: string, options: SignInOptions) =>
  doing(`${name}, nonce demanded`, options, (client, op) => {
    op.fault('F2-01');
    return signIn(op, client);
  });
export const demandedAtResource = afterwards(
  'resource, nonce demanded',
  fapiTokens,
  ({ client, tokens }, op) => {
    op.fault('F2-01');
    return fetchResource(client, tokens, resourceOf(op));
  },
);
export const demandedAtUserinfo = afterwards(
  'userinfo, nonce demanded',
  bound,
  ({ client, tokens }, op) => {
    op.fault('F2-01');
    return fetchUserInfo(client, tokens);
  },
);

export function withoutNonces(_: unknown, op: HostileProvider): void {
  expect(nonces(op).filter((nonce) => nonce !== undefined)).toEqual([]);
}

/** A server whose clock is off is met by a clock of the client that is off as much. */
export const skewed = (name: string, seconds: number): Act<Response> => ({
  name: `resource, ${name}`,
  provider: 'bound',
  run: async ({ op, inject }) => {
    const key = { dpop: dpop({ keyPair: await ownKey() }) };
    const { tokens } = await signIn(op, clientOf(op, { client: () => key }), { use: 'nothing' });
    const clock = { ...systemClock, now: () => Date.now() + seconds * 1_000 };
    const adjusted = clientOf(op, { client: () => ({ ...key, clock }) });
    await fetchServerMetadata(adjusted);
    inject();
    return fetchResource(adjusted, tokens, resourceOf(op));
  },
});

/** Which keys are made, extractable or not, and which are ever taken out. */
export const watched = doing('code, with the keys watched', bound, async (_, op) => {
  const making = vi.spyOn(crypto.subtle, 'generateKey');
  const exporting = vi.spyOn(crypto.subtle, 'exportKey');
  try {
    const { tokens } = await signIn(op, clientOf(op, bound));
    const made = making.mock.calls.map(([, extractable]) => extractable);
    const exported = exporting.mock.calls.map(([, key]) => key.type);
    return { made, exported, tokens };
  } finally {
    making.mockRestore();
    exporting.mockRestore();
  }
});
