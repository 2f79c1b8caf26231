import { expect } from 'vitest';
import {
  backchannelAuthenticationGrant,
  createAuthorizationRequest,
  createClient,
  createLogoutRequest,
  deviceAuthorizationGrant,
  fetchServerMetadata,
  introspectToken,
  par,
  registerClient,
  revokeToken,
} from '../../../src/index.ts';
import type { HostileProvider } from '../../support/hostile-provider/index.ts';
import { hostileCallback } from '../../support/relying-party.ts';
import { afterwards, doing, type SignedIn, signIn, signingIn } from '../kit/acts.ts';
import {
  accepts,
  configuration,
  invalid,
  refuses,
  type Table,
  transport,
  unsupported,
} from '../kit/case.ts';
import { asked, code, discovered, fapi, frontChannelSignIn, used, verified } from '../kit/flows.ts';
import { type ProviderName, sharedClock } from '../kit/providers.ts';

const mismatch = invalid('metadata.issuer');
const unavailable = (code: string, more = {}) => transport(code, { retryable: true, ...more });
const impatient = signingIn('code, in a hurry', { client: () => ({ timeoutMs: 300 }) });
const pushing = signingIn('code, PAR required', {
  client: () => ({ pushedAuthorization: par({ mode: 'required' }) }),
});
const asking = {
  revocation: doing('revocation', {}, (client) => revokeToken(client, 'a token')),
  introspection: doing('introspection', {}, (client) => introspectToken(client, 'a token')),
  logout: doing('logout', {}, (client) => createLogoutRequest(client)),
  registration: doing('registration', {}, (client) =>
    registerClient(client, { redirect_uris: [hostileCallback] }),
  ),
  device: doing('device grant', {}, (client) =>
    deviceAuthorizationGrant(client, { prompt: () => {} }),
  ),
  backchannel: doing('CIBA', {}, (client) =>
    backchannelAuthenticationGrant(client, { loginHint: 'ada' }),
  ),
};

/** What an application may write as its issuer. */
const configured = (name: string, issuerOf: (op: HostileProvider) => string, more: object = {}) =>
  doing(name, {}, async (_, op) =>
    createAuthorizationRequest(
      createClient({ issuer: issuerOf(op), clientId: 's6BhdRkqt3', ...more }),
      { redirectUri: hostileCallback },
    ),
  );
const loopback = { allowInsecureRequests: 'loopback' };

const hour = 3_600_000;
/** Signs in again with the same client, so much later. */
const later = (hours: number) =>
  afterwards(
    `code, ${hours} hours later`,
    { provider: 'clocked', client: () => ({ clock: sharedClock }), use: 'userinfo' },
    ({ client }, op) => {
      sharedClock.advance(hours * hour + 1_000);
      return signIn(op, client);
    },
  );

/** Sections 3.7 and 5.7: metadata. */
export const metadata: Table = [
  accepts('DI-01', code, used),
  accepts('DI-02', code, used),
  accepts('DI-02', frontChannelSignIn('code id_token', 'form_post'), [
    ...asked,
    'jwks',
    'token',
    'userinfo',
  ]),
  refuses('DI-03', code, mismatch, discovered),
  refuses('DI-03', fapi, mismatch, discovered),

  ...(['slash', 'no-slash', 'no-path'] as const).map((provider: ProviderName) =>
    accepts('MD-01', signingIn(`code, issuer with ${provider}`, { provider }), used),
  ),
  accepts(
    'MD-01',
    signingIn('code, no OpenID Connect', {
      provider: 'oauth',
      request: { scope: 'accounts' },
      use: 'resource',
    }),
    ['discovery', 'oauth-metadata', 'authorization', 'token', 'resource'],
    ({ tokens }: SignedIn) => expect(tokens).not.toHaveProperty('claims'),
  ),
  refuses('MD-02/missing', code, mismatch, discovered),
  refuses('MD-02/case', code, mismatch, discovered),
  refuses('MD-02/slash', code, mismatch, discovered),
  refuses('MD-03/authorization', code, { code: 'insecure_url' }, discovered),
  refuses('MD-03/token', code, { code: 'insecure_url' }, asked),
  refuses('MD-03/jwks', code, { code: 'insecure_url' }, asked),
  refuses('MD-03/userinfo', code, { code: 'insecure_url' }, verified),
  refuses('MD-03/issuer-query', code, mismatch, discovered),
  refuses('MD-03/issuer-fragment', code, mismatch, discovered),
  refuses(
    'MD-03/issuer-query',
    configured('issuer on http', (op) => op.issuer),
    configuration('insecure_url', 'issuer'),
    [],
  ),
  refuses(
    'MD-03/issuer-query',
    configured('issuer on http elsewhere', () => 'http://op.example', loopback),
    configuration('insecure_url', 'issuer'),
    [],
  ),
  refuses(
    'MD-03/issuer-query',
    configured('issuer with query', (op) => `${op.issuer}?a=b`, loopback),
    configuration('invalid_option', 'issuer'),
    [],
  ),
  refuses(
    'MD-03/issuer-fragment',
    configured('issuer with fragment', (op) => `${op.issuer}#f`, loopback),
    configuration('invalid_option', 'issuer'),
    [],
  ),
  refuses('MD-04/404', code, transport('http_status', { status: 404 }), [
    'discovery',
    'oauth-metadata',
    'oauth-metadata',
    'unknown',
  ]),
  refuses('MD-04/500', code, unavailable('http_status', { status: 500 }), discovered),
  ...['html', 'array', 'invalid-json'].map((variant) =>
    refuses(`MD-04/${variant}`, code, unavailable('response_not_json'), discovered),
  ),
  refuses('MD-04/wrong-content-type', code, invalid('metadata.content_type'), discovered),
  refuses('MD-04/huge', code, transport('response_too_large'), discovered),
  ...['endless', 'no-answer'].map((variant) =>
    refuses(
      `MD-04/${variant}`,
      impatient,
      { name: 'TimeoutError', code: 'timeout', retryable: true },
      discovered,
    ),
  ),
  refuses('MD-05/authorization', code, unsupported('authorization_endpoint'), discovered),
  refuses('MD-05/token', code, unsupported('token_endpoint'), asked),
  refuses('MD-05/jwks', code, unsupported('jwks_uri'), asked),
  refuses('MD-05/userinfo', code, unsupported('userinfo_endpoint'), verified),
  refuses('MD-05/par', pushing, unsupported('pushed_authorization_request_endpoint'), discovered),
  refuses('MD-05/revocation', asking.revocation, unsupported('revocation_endpoint'), discovered),
  refuses(
    'MD-05/introspection',
    asking.introspection,
    unsupported('introspection_endpoint'),
    discovered,
  ),
  refuses('MD-05/end-session', asking.logout, unsupported('end_session_endpoint'), discovered),
  refuses('MD-05/registration', asking.registration, unsupported('registration_endpoint'), [
    'discovery',
  ]),
  refuses('MD-05/device', asking.device, unsupported('device_authorization_endpoint'), discovered),
  refuses(
    'MD-05/backchannel',
    asking.backchannel,
    unsupported('backchannel_authentication_endpoint'),
    discovered,
  ),
  ...[
    'userinfo',
    'revocation',
    'introspection',
    'par',
    'end-session',
    'registration',
    'device',
    'backchannel',
  ].map((name) =>
    accepts(`MD-05/${name}`, signingIn('code', { use: 'resource' }), [...verified, 'resource']),
  ),
  accepts('MD-06/unknown-members', code, used),
  accepts('MD-06/proto', code, used, () => {
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect({}.constructor).toBe(Object);
  }),
  accepts('MD-06/duplicate-keys', code, used),
  // What is not verified is not believed, and nothing depends on it.
  accepts('MD-07/valid', code, used),
  accepts('MD-07/forged', code, used),
  accepts('MD-08/endpoints', later(1), used, async ({ client }, op) => {
    const { token_endpoint } = await fetchServerMetadata(client);
    expect(token_endpoint).toBe((await op.metadata())['token_endpoint']);
    expect(token_endpoint).toMatch(/-moved$/);
  }),
  // The new document is not taken; the old one serves for a day and no longer.
  accepts('MD-08/issuer', later(1), used),
  refuses('MD-08/issuer', later(25), mismatch, discovered),
];
