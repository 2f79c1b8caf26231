import { expect } from 'vitest';
import {
  fetchUserInfo,
  introspectToken,
  refreshTokenGrant,
  revokeToken,
  type TokenSet,
} from '../../../src/index.ts';
import {
  afterwards,
  doing,
  resourceOf,
  type SignedIn,
  type SignInOptions,
  signIn,
  signingIn,
} from '../kit/acts.ts';
import { accepts, invalid, oauth, refuses, type Table, transport } from '../kit/case.ts';
import {
  clients,
  code,
  codeWithSecret,
  exchanged,
  exchangedAfterFront,
  exchangedAfterPush,
  fapi,
  fapiClient,
  frontChannelSignIn,
  hybrid,
  used,
  usedAfterFront,
  usedResource,
  verified,
} from '../kit/flows.ts';

const answer = (name: string) => invalid(`token_response.${name}`);
const token = (name: string) => invalid(`id_token.${name}`);
const introspected = (name: string) => invalid(`introspection.${name}`);

const withMaxAge: SignInOptions = { request: { maxAge: 3600 } };
const refresh = afterwards('refresh', withMaxAge, async ({ client, tokens }) => ({
  before: tokens,
  after: await refreshTokenGrant(client, tokens),
}));
const fapiRefresh = afterwards(
  'refresh, FAPI',
  { provider: 'fapi', client: () => fapiClient() },
  ({ client, tokens }) => refreshTokenGrant(client, tokens),
);
const refreshThenUse = afterwards('refresh, userinfo', withMaxAge, async ({ client, tokens }) =>
  fetchUserInfo(client, await refreshTokenGrant(client, tokens)),
);
const threeRefreshes = afterwards('three refreshes', {}, async ({ client, tokens }, op) => {
  const seen = new Set([tokens.refreshToken]);
  let current = tokens;
  for (let round = 0; round < 3; round += 1) {
    const renewed: TokenSet = await refreshTokenGrant(client, current);
    expect(renewed.accessToken).not.toBe(current.accessToken);
    expect(renewed.idToken).not.toBe(current.idToken);
    seen.add(renewed.refreshToken);
    expect((await fetchUserInfo(client, renewed)).sub).toBe(op.subject);
    current = renewed;
  }
  expect(seen.size).toBe(4);
});
const narrowed = afterwards(
  'refresh, narrower scope',
  { request: { scope: 'openid email' } },
  ({ client, tokens }) => refreshTokenGrant(client, tokens, { scope: 'openid' }),
);

const confidential: SignInOptions = { client: clients.basic };
const introspect = afterwards('introspection', confidential, ({ client, tokens }) =>
  introspectToken(client, tokens.accessToken, { tokenTypeHint: 'access_token' }),
);
const introspectCold = doing('introspection, no keys yet', confidential, async (client, op) => {
  const { tokens } = await signIn(op, client, { use: 'nothing' });
  return introspectToken(client, tokens.accessToken);
});
/** With what the caller expects of the token, and without. */
const introspectExpecting = (audience: string | undefined, scopes?: string[]) =>
  afterwards(
    `introspection, ${audience ?? 'own audience'}${scopes ? `, ${scopes}` : ''} expected`,
    confidential,
    ({ client, tokens }, op) =>
      introspectToken(client, tokens.accessToken, {
        expected: { audience: audience ?? resourceOf(op), ...(scopes && { scopes }) },
      }),
  );
const anotherApi = 'https://another-api.example';
const revoke = afterwards('revocation', confidential, ({ client, tokens }) =>
  revokeToken(client, tokens.refreshToken as string, { tokenTypeHint: 'refresh_token' }),
);
const revokeUnknown = afterwards('revocation of an unknown token', confidential, ({ client }) =>
  revokeToken(client, 'no such token'),
);

const lifetime =
  (seconds: number | undefined) =>
  ({ tokens }: SignedIn) =>
    expect(tokens.expiresAt).toBe(
      seconds === undefined ? undefined : tokens.obtainedAt + seconds * 1_000,
    );
const emailed: SignInOptions = { request: { scope: 'openid email' } };

/** Rows that look the same in every grant that has a code to lose: it is never sent twice. */
const once = exchanged;

/** Sections 3.11, 3.14, 5.8 and 5.11: token responses, refreshing, introspection, revocation. */
export const tokens: Table = [
  accepts('RT-01', threeRefreshes, ['token', 'userinfo', 'token', 'userinfo', 'token', 'userinfo']),
  accepts('RT-01', narrowed, ['token'], ({ scope }, op) => {
    expect(scope).toBe('openid');
    expect(new Map(op.requests[0]?.params).get('scope')).toBe('openid');
  }),
  accepts('RT-01', refresh, ['token'], (_, op) =>
    expect(new Map(op.requests[0]?.params).has('scope')).toBe(false),
  ),
  refuses('RT-02', refreshThenUse, token('iss'), ['token']),
  refuses('RT-02', fapiRefresh, token('iss'), ['token']),
  refuses('RT-03', refreshThenUse, token('renewed_sub'), ['token']),
  refuses('RT-03', fapiRefresh, token('renewed_sub'), ['token']),
  refuses('OC-15/aud', refresh, token('aud'), ['token']),
  refuses('OC-15/azp', refresh, token('azp'), ['token']),
  refuses('OC-15/auth-time', refresh, token('renewed_auth_time'), ['token']),
  refuses('OC-15/nonce', refresh, token('nonce'), ['token']),
  accepts('OC-15/absent', refresh, ['token'], ({ before, after }) => {
    expect(after.idToken).toBe(before.idToken);
    expect(after.claims).toEqual(before.claims);
    expect(after.accessToken).not.toBe(before.accessToken);
  }),

  accepts('F2-04', code, used),
  accepts('F2-04', hybrid, usedAfterFront),
  accepts('F2-04', fapi, usedResource, ({ tokens }) => expect(tokens.tokenType).toBe('DPoP')),
  accepts('F2-05/expires_in', signingIn('code', emailed), used, lifetime(undefined)),
  accepts('F2-05/expires_in', fapi, usedResource, lifetime(undefined)),
  accepts('F2-05/scope', signingIn('code', emailed), used, ({ tokens }) =>
    expect(tokens.scope).toBe('openid email'),
  ),
  accepts('F2-05/scope', fapi, usedResource, lifetime(undefined)),

  refuses('OC-11', code, answer('id_token'), once),
  refuses('OC-11', fapi, answer('id_token'), exchangedAfterPush),
  refuses('OC-11', frontChannelSignIn('code token'), answer('id_token'), once),
  refuses('OC-17/error-200', code, oauth('invalid_grant', { status: 200 }), once),
  ...['html', 'empty', 'invalid-json', 'array'].map((variant) =>
    refuses(`OC-17/${variant}`, code, transport('response_not_json'), once),
  ),
  refuses('OC-17/no-access-token', code, answer('access_token'), once),
  refuses('OC-17/no-token-type', code, answer('token_type'), once),
  refuses('OC-17/unknown-token-type', code, answer('token_type'), once),
  refuses('OC-17/unknown-token-type', fapi, answer('token_type'), exchangedAfterPush),
  refuses('OC-17/unknown-token-type', hybrid, answer('token_type'), exchangedAfterFront),
  refuses('OC-17/expires-negative', code, answer('expires_in'), once),
  accepts('OC-17/expires-string', code, used, lifetime(3_600)),
  refuses('OC-17/expires-word', code, answer('expires_in'), once),
  refuses('OC-18/400', code, oauth('invalid_grant', { status: 400 }), once),
  refuses('OC-18/400', hybrid, oauth('invalid_grant', { status: 400 }), exchangedAfterFront),
  refuses('OC-18/401', codeWithSecret, oauth('invalid_client', { status: 401 }), once),
  refuses('OC-18/401-challenge', codeWithSecret, oauth('invalid_client', { status: 401 }), once),
  refuses('OC-18/400-empty', code, transport('http_status', { status: 400 }), once),
  refuses('OC-18/401-empty', code, transport('http_status', { status: 401 }), once),
  refuses('OC-18/error-number', code, transport('http_status', { status: 400 }), once),
  refuses('OC-18/500', code, transport('http_status', { status: 500 }), once),
  refuses('OC-18/503', code, transport('http_status', { status: 503, retryAfterMs: 7_000 }), once),
  refuses('OC-18/429', code, oauth('slow_down', { status: 429, retryAfterMs: 7_000 }), once),
  refuses(
    'OC-18/503',
    refresh,
    transport('http_status', { status: 503, retryAfterMs: 7_000, retryable: true }),
    ['token'],
  ),
  refuses(
    'OC-18/429',
    refresh,
    oauth('slow_down', { status: 429, retryAfterMs: 7_000, retryable: true }),
    ['token'],
  ),

  ...['empty', 'html', 'json', 'invalid-json'].flatMap((variant) => [
    accepts(`RV-01/${variant}`, revoke, ['revocation']),
    accepts(`RV-01/${variant}`, revokeUnknown, ['revocation']),
  ]),
  refuses(
    'RV-02/unsupported_token_type',
    revoke,
    oauth('unsupported_token_type', { status: 400 }),
    ['revocation'],
  ),
  refuses(
    'RV-02/503',
    revoke,
    transport('http_status', { status: 503, retryAfterMs: 7_000, retryable: true }),
    ['revocation'],
  ),
  refuses('RV-02/401', revoke, oauth('invalid_client', { status: 401 }), ['revocation']),
  accepts('RV-03', revoke, ['revocation'], (_, op) => {
    const { method, params, headers, url } = op.requests[0] ?? {};
    expect([method, new URL(url ?? '').search]).toEqual(['POST', '']);
    expect(new Map(params).get('token_type_hint')).toBe('refresh_token');
    expect(headers?.authorization).toMatch(/^Basic /);
  }),
  accepts(
    'RV-03',
    afterwards('revocation, key', { client: clients.key }, ({ client, tokens }) =>
      revokeToken(client, tokens.accessToken),
    ),
    ['revocation'],
    (_, op) => expect(new Map(op.requests[0]?.params).has('client_assertion')).toBe(true),
  ),

  accepts('IN-01', introspect, ['introspection'], ({ active }) => expect(active).toBe(false)),
  ...['missing', 'string', 'number'].map((variant) =>
    refuses(`IN-02/${variant}`, introspect, introspected('active'), ['introspection']),
  ),
  ...['exp', 'nbf', 'iss', 'aud'].flatMap((variant) => [
    accepts(`IN-03/${variant}`, introspectExpecting(undefined), ['introspection'], (answer) =>
      expect(answer).toEqual({ active: false }),
    ),
    accepts(`IN-03/${variant}`, introspect, ['introspection'], ({ active }) =>
      expect(active).toBe(true),
    ),
  ]),
  accepts('IN-03/aud', introspectExpecting(anotherApi), ['introspection'], (answer) =>
    expect(answer).toMatchObject({ active: true, aud: anotherApi }),
  ),
  accepts('IN-03/aud', introspectExpecting(anotherApi, ['openid']), ['introspection'], (answer) =>
    expect(answer).toMatchObject({ active: true, scope: 'openid' }),
  ),
  accepts('IN-03/aud', introspectExpecting(anotherApi, ['admin']), ['introspection'], (answer) =>
    expect(answer).toEqual({ active: false }),
  ),
  accepts('IN-04/signed', introspect, ['introspection'], ({ active, iss }, op) => {
    expect(active).toBe(true);
    expect(iss).toBe(op.issuer);
  }),
  accepts('IN-04/signed', introspectCold, [...verified, 'introspection']),
  refuses('IN-04/typ', introspect, introspected('typ'), ['introspection']),
  refuses('IN-04/signature', introspect, introspected('signature'), ['introspection']),
  refuses('IN-04/iss', introspect, introspected('iss'), ['introspection']),
  refuses('IN-04/aud', introspect, introspected('aud'), ['introspection']),
  refuses('IN-04/alg-none', introspect, introspected('alg'), ['introspection']),
  refuses('IN-04/id-token', introspect, introspected('typ'), ['introspection']),
  refuses('IN-05/401', introspect, oauth('invalid_client', { status: 401 }), ['introspection']),
  refuses('IN-05/403', introspect, oauth('access_denied', { status: 403 }), ['introspection']),
  refuses('IN-05/500', introspect, transport('http_status', { status: 500, retryable: true }), [
    'introspection',
  ]),
  refuses('IN-05/html', introspect, transport('response_not_json', { retryable: true }), [
    'introspection',
  ]),
];
