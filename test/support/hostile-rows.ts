import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import {
  type ClientOptions,
  clientSecretBasic,
  fetchUserInfo,
  introspectToken,
  refreshTokenGrant,
  revokeToken,
} from '../../src/index.ts';
import {
  defaultClients,
  type HostileProvider,
  startHostileProvider,
} from './hostile-provider/index.ts';
import { failureOf, hostileClient, reached, signInAt } from './relying-party.ts';

/** A provider that breaks one rule at a time; the names of the rows are those of its faults. */
export let op: HostileProvider;

/** Starts it for all tests of a file, and makes it honest before each. */
export function useHostileProvider(): void {
  beforeAll(async () => {
    op = await startHostileProvider();
  });
  beforeEach(() => {
    op.clearFaults();
    op.reset();
  });
  afterAll(() => op.close());
}

const basic = defaultClients.find(
  ({ token_endpoint_auth_method }) => token_endpoint_auth_method === 'client_secret_basic',
);
export const basicOptions: Partial<ClientOptions> = {
  clientId: basic?.client_id ?? '',
  authentication: clientSecretBasic(basic?.client_secret ?? ''),
};

/** What is done while the fault is on; what has to go well before is done without it. */
export const acts = {
  signIn: (inject) => {
    inject();
    return signInAt(op);
  },
  signInWithMaxAge: (inject) => {
    inject();
    return signInAt(op, hostileClient(op), { maxAge: 120 });
  },
  signInWithSecret: (inject) => {
    inject();
    return signInAt(op, hostileClient(op, basicOptions));
  },
  signInTwice: async (inject) => {
    inject();
    const client = hostileClient(op);
    await fetchUserInfo(client, (await signInAt(op, client)).tokens);
    await fetchUserInfo(client, (await signInAt(op, client)).tokens);
  },
  refresh: async (inject) => {
    const client = hostileClient(op);
    const { tokens } = await signInAt(op, client, { maxAge: 3600 });
    op.reset();
    inject();
    return refreshTokenGrant(client, tokens);
  },
  userInfo: async (inject) => {
    const client = hostileClient(op);
    const { tokens } = await signInAt(op, client);
    op.reset();
    inject();
    return fetchUserInfo(client, tokens);
  },
  introspect: async (inject) => {
    const client = hostileClient(op, basicOptions);
    const { tokens } = await signInAt(op, client);
    op.reset();
    inject();
    return introspectToken(client, tokens.accessToken);
  },
  revoke: async (inject) => {
    const client = hostileClient(op, basicOptions);
    const { tokens } = await signInAt(op, client);
    op.reset();
    inject();
    return revokeToken(client, tokens.refreshToken as string);
  },
} satisfies Record<string, (inject: () => void) => Promise<unknown>>;

export type Fault = [id: string, variant?: string, value?: string];
export type Act = keyof typeof acts;

export const asked = ['discovery', 'authorization'];
export const exchanged = [...asked, 'token'];
export const verified = [...exchanged, 'jwks'];

export function invalid(check: string): object {
  return { name: 'ValidationError', code: `invalid_${check.split('.')[0]}`, check };
}

export function oauth(error: string, status: number, more: object = {}): object {
  return { name: 'OAuthResponseError', code: 'oauth_error', error, status, ...more };
}

export function transport(code: string, more: object = {}): object {
  return { name: 'TransportError', code, ...more };
}

/** The fault, what is done, how it fails, and the endpoints that were reached. */
export type Rejection = [fault: Fault, act: Act, expected: object, stopped: string[]];

/** Fails as expected, reaches no further, and never goes to another origin. */
export async function expectRejection(...[fault, act, expected, stopped]: Rejection) {
  const error = await failureOf(acts[act](() => op.fault(...fault)));
  expect(error).toMatchObject({ retryable: false, ...expected });
  expect(reached(op)).toEqual(stopped);
  expect(op.elsewhere.requests).toEqual([]);
}
