import { describe, expectTypeOf, it } from 'vitest';
import {
  type AuthorizationRequestOptions,
  type Client,
  type ClientAuthentication,
  type ClientOptions,
  type Clock,
  clientCredentialsGrant,
  clientSecret,
  clientSecretBasic,
  createAuthorizationRequest,
  createClient,
  createLogoutRequest,
  fetchUserInfo,
  type GrantOptions,
  handleAuthorizationResponse,
  type Introspection,
  introspectToken,
  type LogoutRequestOptions,
  none,
  passwordGrant,
  refreshTokenGrant,
  type ServerMetadata,
  type TokenSet,
  type Transaction,
} from '../src/index.ts';

declare const client: Client;
declare const tokens: TokenSet;
declare const transaction: Transaction;

const redirectUri = 'https://app.example/callback';

/** Every optional member may be there and undefined, so that options can be passed on. */
type AcceptsUndefined<T> = {
  [K in keyof T]-?: undefined extends T[K]
    ? { [P in K]: undefined } extends Pick<T, K>
      ? never
      : K
    : never;
}[keyof T];

describe('options', () => {
  it('accept undefined wherever they are optional', () => {
    expectTypeOf<AcceptsUndefined<ClientOptions>>().toEqualTypeOf<never>();
    expectTypeOf<AcceptsUndefined<AuthorizationRequestOptions>>().toEqualTypeOf<never>();
    expectTypeOf<AcceptsUndefined<GrantOptions>>().toEqualTypeOf<never>();
    expectTypeOf<AcceptsUndefined<LogoutRequestOptions>>().toEqualTypeOf<never>();
  });

  it('of a client need an issuer and an id', () => {
    expectTypeOf(createClient).returns.toEqualTypeOf<Client>();
    createClient({ issuer: 'https://login.example', clientId: 'app' });
    // @ts-expect-error the client id is missing
    createClient({ issuer: 'https://login.example' });
    // @ts-expect-error there is no such permission
    createClient({ issuer: 'https://a.example', clientId: 'a', allowInsecureRequests: true });
    // @ts-expect-error discovery is 'auto' or false
    createClient({ issuer: 'https://a.example', clientId: 'a', discovery: true });
    // @ts-expect-error a secret is no authentication
    createClient({ issuer: 'https://a.example', clientId: 'a', authentication: 'secret' });
    // @ts-expect-error an unknown option is a typo
    createClient({ issuer: 'https://a.example', clientId: 'a', clientID: 'b' });
  });

  it('take the platform’s fetch and any clock', () => {
    const clock: Clock = { now: () => 0, monotonic: () => 0, setTimer: () => () => {} };
    createClient({ issuer: 'https://a.example', clientId: 'a', fetch, clock });
  });

  it('of authentication are functions made by functions', () => {
    expectTypeOf(none()).toEqualTypeOf<ClientAuthentication>();
    expectTypeOf(clientSecret('s')).toEqualTypeOf<ClientAuthentication>();
    // @ts-expect-error only form and raw
    clientSecretBasic('s', { encoding: 'base64' });
  });

  it('of a request need a redirectUri as text', () => {
    // @ts-expect-error no redirectUri
    createAuthorizationRequest(client, {}).catch(() => {});
    // @ts-expect-error a URL object would be written in another way than it was registered
    createAuthorizationRequest(client, { redirectUri: new URL(redirectUri) }).catch(() => {});
    // @ts-expect-error an unknown response mode
    createAuthorizationRequest(client, { redirectUri, responseMode: 'web' }).catch(() => {});
    createAuthorizationRequest(client, {
      redirectUri,
      resource: ['https://a.example'] as const,
    }).catch(() => {});
  });

  it('of a client are read-only', () => {
    // @ts-expect-error a client does not change
    client.issuer = 'https://evil.example';
  });
});

describe('a transaction', () => {
  it('is made by createAuthorizationRequest and by nothing else', () => {
    const handMade = {
      version: 1,
      issuer: 'https://login.example',
      clientId: 'app',
      redirectUri,
      responseMode: 'query',
      scope: 'openid',
      state: 's',
      nonce: 'n',
      codeVerifier: 'v',
      createdAt: 0,
    } as const;
    // @ts-expect-error a literal is no transaction
    const wrong: Transaction = handMade;
    expectTypeOf(wrong).toEqualTypeOf<Transaction>();
    // @ts-expect-error and cannot be passed for one
    handleAuthorizationResponse(client, handMade, new URL(redirectUri)).catch(() => {});
    expectTypeOf(createAuthorizationRequest(client, { redirectUri })).resolves.toHaveProperty(
      'transaction',
    );
  });

  it('may be looked up, at once or later', () => {
    const url = new URL(redirectUri);
    handleAuthorizationResponse(client, transaction, url).catch(() => {});
    handleAuthorizationResponse(client, () => undefined, url).catch(() => {});
    handleAuthorizationResponse(
      client,
      async (state) => {
        expectTypeOf(state).toEqualTypeOf<string>();
        return transaction;
      },
      url.searchParams,
    ).catch(() => {});
    // @ts-expect-error a text is no response
    handleAuthorizationResponse(client, transaction, redirectUri).catch(() => {});
  });
});

describe('results', () => {
  it('of every grant are token sets', () => {
    expectTypeOf(clientCredentialsGrant(client)).resolves.toEqualTypeOf<TokenSet>();
    expectTypeOf(
      passwordGrant(client, { username: 'a', password: 'b' }),
    ).resolves.toEqualTypeOf<TokenSet>();
    expectTypeOf(refreshTokenGrant(client, tokens)).resolves.toEqualTypeOf<TokenSet>();
    expectTypeOf(
      refreshTokenGrant(client, { refreshToken: 'r' }),
    ).resolves.toEqualTypeOf<TokenSet>();
    expectTypeOf(
      handleAuthorizationResponse(client, transaction, new URL(redirectUri)),
    ).resolves.toHaveProperty('tokens');
  });

  it('a token set is read-only, and optional where a server may be silent', () => {
    expectTypeOf<TokenSet['accessToken']>().toEqualTypeOf<string>();
    expectTypeOf<TokenSet['tokenType']>().toEqualTypeOf<'Bearer' | 'DPoP' | 'N_A'>();
    expectTypeOf<TokenSet['obtainedAt']>().toEqualTypeOf<number>();
    expectTypeOf<TokenSet['expiresAt']>().toEqualTypeOf<number | undefined>();
    expectTypeOf<TokenSet['refreshToken']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<TokenSet['idToken']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<NonNullable<TokenSet['claims']>['sub']>().toEqualTypeOf<string>();
    // @ts-expect-error frozen
    tokens.accessToken = 'another';
    // @ts-expect-error frozen
    tokens.claims = undefined;
    // @ts-expect-error absent is absent, not undefined
    const unset: TokenSet = { ...tokens, expiresAt: undefined };
    expectTypeOf(unset).toEqualTypeOf<TokenSet>();
  });

  it('of the others name what they hold', () => {
    expectTypeOf(fetchUserInfo(client, tokens)).resolves.toHaveProperty('sub');
    expectTypeOf(introspectToken(client, 't')).resolves.toExtend<Introspection>();
    expectTypeOf(introspectToken<{ uid: string }>(client, 't')).resolves.toExtend<{
      readonly active: boolean;
      readonly uid?: string;
    }>();
    expectTypeOf<Introspection['active']>().toEqualTypeOf<boolean>();
    expectTypeOf<ServerMetadata['issuer']>().toEqualTypeOf<string>();
    expectTypeOf(createLogoutRequest(client)).resolves.toHaveProperty('form');
    // @ts-expect-error userinfo needs an access token
    fetchUserInfo(client, { claims: tokens.claims }).catch(() => {});
  });
});
