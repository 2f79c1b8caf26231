import { expect } from 'vitest';
import {
  type AuthorizationRequestOptions,
  type Client,
  type ClientOptions,
  createAuthorizationRequest,
  fetchResource,
  fetchUserInfo,
  handleAuthorizationResponse,
  type TokenSet,
  type Transaction,
  type UserInfo,
} from '../../../src/index.ts';
import type { HostileProvider } from '../../support/hostile-provider/index.ts';
import { hostileCallback, hostileClient } from '../../support/relying-party.ts';
import type { Act } from './case.ts';
import type { ProviderName } from './providers.ts';

/** A finished sign-in and what was done with its tokens. */
export interface SignedIn {
  readonly client: Client;
  readonly tokens: TokenSet;
  readonly transaction: Transaction;
  readonly url: URL;
  readonly userInfo: UserInfo | undefined;
}

export interface SignInOptions {
  readonly provider?: ProviderName;
  /** The client, made anew each time: capabilities have keys and nonces of their own. */
  readonly client?: (op: HostileProvider) => Partial<ClientOptions>;
  readonly request?: Partial<AuthorizationRequestOptions>;
  /** What the access token is used for. */
  readonly use?: 'userinfo' | 'resource' | 'nothing';
}

/** Signs in and uses the tokens, with the switch on from the start. */
export function signingIn(name: string, options: SignInOptions = {}): Act<SignedIn> {
  return {
    name,
    provider: options.provider ?? 'oidc',
    run: ({ op, inject }) => {
      inject();
      return signIn(op, clientOf(op, options), options);
    },
  };
}

/** Signs in without a fault, and then does something with the switch on. */
export function afterwards<Result>(
  name: string,
  options: SignInOptions,
  act: (signedIn: SignedIn, op: HostileProvider) => Promise<Result>,
): Act<Result> {
  return {
    name,
    provider: options.provider ?? 'oidc',
    run: async ({ op, inject }) => {
      const signedIn = await signIn(op, clientOf(op, options), { use: 'nothing', ...options });
      expect([...op.violations, ...op.warnings]).toEqual([]);
      inject();
      return act(signedIn, op);
    },
  };
}

/** Does something of its own with the switch on. */
export function doing<Result>(
  name: string,
  options: Pick<SignInOptions, 'provider' | 'client'>,
  act: (client: Client, op: HostileProvider) => Promise<Result>,
): Act<Result> {
  return {
    name,
    provider: options.provider ?? 'oidc',
    run: async ({ op, inject }) => {
      inject();
      return act(clientOf(op, options), op);
    },
  };
}

export function clientOf(
  op: HostileProvider,
  { client }: Pick<SignInOptions, 'client'> = {},
): Client {
  return hostileClient(op, client?.(op));
}

/** From the request to the last use of its tokens. */
export async function signIn(
  op: HostileProvider,
  client: Client,
  { request, use = 'userinfo' }: SignInOptions = {},
): Promise<SignedIn> {
  const { transaction, url, response } = await started(op, client, request);
  const { tokens } = await handleAuthorizationResponse(client, transaction, response);
  expectTokens(op, client, transaction, tokens);
  let userInfo: UserInfo | undefined;
  if (tokens.accessToken && use === 'userinfo') {
    userInfo = await fetchUserInfo(client, tokens, { expectedSubject: op.subject });
    expect(userInfo.sub).toBe(op.subject);
  }
  if (tokens.accessToken && use === 'resource') {
    const answer = await fetchResource(client, tokens, resourceOf(op));
    expect(await answer.json()).toEqual({ accounts: [{ id: '1', owner: op.subject }] });
  }
  return { client, tokens, transaction, url, userInfo };
}

/** A sign-in up to the answer that the browser brings back. */
export async function started(
  op: HostileProvider,
  client: Client,
  request?: Partial<AuthorizationRequestOptions>,
): Promise<{ transaction: Transaction; url: URL; response: URL | Request }> {
  const { transaction, url } = await createAuthorizationRequest(client, {
    redirectUri: hostileCallback,
    ...request,
  });
  return { transaction, url, response: await approved(op, url) };
}

/** The same, where the answer is a redirect. */
export async function startedByRedirect(
  op: HostileProvider,
  client: Client,
  request?: Partial<AuthorizationRequestOptions>,
): Promise<{ transaction: Transaction; callback: URL }> {
  const { transaction, response } = await started(op, client, request);
  if (!(response instanceof URL)) throw new Error('The answer is a form.');
  return { transaction, callback: response };
}

/** What the redirect URI receives: a redirect, or the posted form as a server sees it. */
export async function approved(op: HostileProvider, url: URL): Promise<URL | Request> {
  const answer = await op.authorize(url);
  if (answer instanceof URL) return answer;
  const body = new URLSearchParams(answer.entries);
  return new Request(answer.action, { method: 'POST', body });
}

/** The protected resource beside the provider. */
export function resourceOf(op: HostileProvider, origin = op.origin): string {
  return `${op.issuer.replace(/\/$/, '').replace(op.origin, origin)}/accounts`;
}

function expectTokens(
  op: HostileProvider,
  client: Client,
  { nonce, responseType, scope }: Transaction,
  tokens: TokenSet,
): void {
  const isOpenId = scope.split(' ').includes('openid');
  if (isOpenId && /code|id_token/.test(responseType)) {
    expect(tokens.claims).toMatchObject({ iss: op.issuer, sub: op.subject, nonce });
    expect([tokens.claims?.aud].flat()).toEqual([client.clientId]);
  }
  expect(tokens.accessToken).toMatch(responseType === 'id_token' ? /^$/ : /^[A-Za-z0-9]{50}$/);
  expect(tokens.scope).toBe(scope);
}
