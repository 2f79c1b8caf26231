import { decodeJwt, decodeProtectedHeader } from 'jose';
import { expect } from 'vitest';
import {
  type ClientOptions,
  createAuthorizationRequest,
  dpop,
  jar,
  jarm,
  par,
} from '../../../src/index.ts';
import { clientKey, type HostileProvider } from '../../support/hostile-provider/index.ts';
import { hostileCallback } from '../../support/relying-party.ts';
import {
  approved,
  doing,
  type SignedIn,
  type SignInOptions,
  signIn,
  signingIn,
} from '../kit/acts.ts';
import {
  accepts,
  invalid,
  oauth,
  refuses,
  type Table,
  transport,
  unsupported,
} from '../kit/case.ts';
import {
  askedAfterPush,
  clients,
  code,
  discovered,
  fapi,
  fapiClient,
  fapiSignIn,
  pushed,
  signedResponse,
  used,
} from '../kit/flows.ts';

const key = clientKey as never;
const response = (name: string) => invalid(`authorization_response.${name}`);
const answer = (name: string) => invalid(`pushed_authorization_response.${name}`);

const pushing = (more: Partial<ClientOptions> = {}): SignInOptions => ({
  provider: 'pushing',
  client: () => ({ pushedAuthorization: par(), ...more }),
});
const codePushed = signingIn('code, PAR', pushing());
const pushedAnew = doing('code, PAR, twice', pushing(), async (client, op) => {
  const lapsing = await createAuthorizationRequest(client, { redirectUri: hostileCallback });
  expect(lapsing.expiresAt).toBeLessThanOrEqual(Date.now() + 1_000);
  await expect(approved(op, lapsing.url)).rejects.toThrow('400');
  op.clearFaults();
  const signedIn = await signIn(op, client);
  const uris = [lapsing.url, signedIn.url].map((url) => url.searchParams.get('request_uri'));
  expect(new Set(uris).size).toBe(2);
  expect(uris).not.toContain(null);
});

const signing = (
  more: Partial<ClientOptions> = {},
  options: SignInOptions = {},
): SignInOptions => ({
  provider: 'signing',
  ...options,
  client: () => ({ ...clients.key(), requestObject: jar(key), ...more }),
});
const byValue = signingIn('code, request object', signing());
const byPush = signingIn('code, request object, PAR', signing({ pushedAuthorization: par() }));
const unsigned = signingIn('code, no request object', {
  provider: 'signing',
  client: clients.key,
});
const fapiSigned = {
  ...fapiSignIn('PS256', { client: () => ({ requestObject: jar(key) }) }),
  name: 'FAPI, request object',
};
const encryptions = [
  { keyManagement: 'RSA-OAEP' },
  { keyManagement: 'RSA-OAEP-256', content: 'A128CBC-HS256' },
  { keyManagement: 'ECDH-ES' },
  { keyManagement: 'ECDH-ES+A256KW' },
];

const jarmModes = [undefined, 'query', 'fragment', 'form_post'] as const;
const usedWithJarm = ['discovery', 'par', 'authorization', 'jwks', 'token', 'resource'] as const;
const openJarm = {
  plain: signingIn('code, JARM', { client: () => ({ responseProtection: jarm() }) }),
  form: signingIn('code, JARM, form_post', {
    client: () => ({ responseProtection: jarm() }),
    request: { responseMode: 'form_post' },
  }),
};
const usedAfterJarm = ['discovery', 'authorization', 'jwks', 'token', 'userinfo'] as const;
const signedResponses = [signedResponse(), signedResponse('form_post')];
const bothPushed = ['discovery', 'par', 'authorization', 'token', 'jwks', 'userinfo'] as const;
const boundPush = signingIn('code, PAR, DPoP', {
  provider: 'bound',
  client: () => ({ ...clients.key(), dpop: dpop(), pushedAuthorization: par() }),
});
const pushedOverTls = signingIn('FAPI over mutual TLS', {
  provider: 'fapi',
  client: () => ({ ...fapiClient(), ...clients.tls() }),
  use: 'resource',
});

/** The keys are fetched first, and no code is sent. */
const opened = [...askedAfterPush, 'jwks'] as const;

/** Sections 3.8, 3.14 (JARM) and 5.9: requests and responses that are protected on their way. */
export const protection: Table = [
  accepts('PA-01', signingIn('code, PAR', { client: () => ({ pushedAuthorization: par() }) }), [
    'discovery',
    'par',
    'authorization',
    'token',
    'jwks',
    'userinfo',
  ]),
  refuses('PA-01', code, unsupported('require_pushed_authorization_requests'), discovered),
  // RFC 9126 section 2.2 says 201.
  refuses('PA-02/200', codePushed, transport('http_status', { status: 200 }), pushed),
  refuses('PA-02/no-request-uri', codePushed, answer('request_uri'), pushed),
  refuses('PA-02/request-uri-number', codePushed, answer('request_uri'), pushed),
  refuses('PA-02/expires-zero', codePushed, answer('expires_in'), pushed),
  refuses('PA-02/expires-negative', codePushed, answer('expires_in'), pushed),
  refuses('PA-02/expires-missing', codePushed, answer('expires_in'), pushed),
  refuses('PA-03/400', codePushed, oauth('invalid_request', { status: 400 }), pushed),
  refuses('PA-03/401', codePushed, oauth('invalid_client', { status: 401 }), pushed),
  refuses('PA-03/413', codePushed, transport('http_status', { status: 413 }), pushed),
  refuses(
    'PA-03/429',
    codePushed,
    oauth('slow_down', { status: 429, retryable: true, retryAfterMs: 7_000 }),
    pushed,
  ),
  refuses('PA-03/400', fapi, oauth('invalid_request', { status: 400 }), pushed),
  accepts('PA-04', pushedAnew, [
    ...askedAfterPush,
    'par',
    'authorization',
    'token',
    'jwks',
    'userinfo',
  ]),
  accepts('PA-05', codePushed, bothPushed, ({ url }: SignedIn) =>
    expect(url.searchParams.get('request_uri')).toMatch(/ a&b=c#d\+%25\?\/$/),
  ),
  accepts('PA-06', boundPush, bothPushed, provesTheKeyWhereItPushes),
  accepts(
    'PA-06',
    fapi,
    [...askedAfterPush, 'token', 'jwks', 'resource'],
    provesTheKeyWhereItPushes,
  ),
  accepts('PA-06', pushedOverTls, [...askedAfterPush, 'token', 'jwks', 'resource'], (_, op) => {
    for (const { endpoint, url } of op.requests) {
      const isAliased = endpoint === 'par' || endpoint === 'token';
      expect(new URL(url).pathname.includes('/mtls/')).toBe(isAliased);
    }
  }),

  refuses(
    'JAR-02',
    byValue,
    unsupported('request_object_signing_alg_values_supported'),
    discovered,
  ),
  accepts('JAR-03', byValue, used),
  accepts('JAR-03', byPush, bothPushed),
  accepts('JAR-04', fapiSigned, [...askedAfterPush, 'token', 'jwks', 'resource'], wellMade),
  refuses('JAR-04', fapi, unsupported('require_signed_request_object'), discovered),
  accepts('JR-01/required', byValue, used),
  accepts('JR-01/required', byPush, bothPushed),
  refuses('JR-01/required', unsigned, unsupported('require_signed_request_object'), discovered),
  refuses(
    'JR-01/unlisted',
    byValue,
    unsupported('request_object_signing_alg_values_supported'),
    discovered,
  ),
  refuses(
    'JR-01/unlisted',
    byPush,
    unsupported('request_object_signing_alg_values_supported'),
    discovered,
  ),
  accepts('JR-02', byValue, used, wellMade),
  accepts('JR-02', byPush, bothPushed, wellMade),
  accepts('JR-02', fapiSigned, [...askedAfterPush, 'token', 'jwks', 'resource'], wellMade),
  ...encryptions.flatMap((encryption) => {
    const requestObject = jar(key, { encryption });
    const name = `code, request object, ${encryption.keyManagement}`;
    return [
      accepts(
        'JR-03',
        signingIn(name, signing({ requestObject })),
        ['discovery', 'jwks', 'authorization', 'token', 'userinfo'],
        async ({ url }: SignedIn, op) => {
          const header = decodeProtectedHeader(url.searchParams.get('request') as string);
          expect(header.alg).toBe(encryption.keyManagement);
          expect(header.kid).toEqual(expect.any(String));
          expect(op.requests.find(({ endpoint }) => endpoint === 'jwks')).toBeDefined();
        },
      ),
      accepts(
        'JR-03',
        signingIn(`${name}, PAR`, signing({ requestObject, pushedAuthorization: par() })),
        ['discovery', 'jwks', 'par', 'authorization', 'token', 'userinfo'],
      ),
    ];
  }),

  ...jarmModes.map((mode) => accepts('OK-07', signedResponse(mode), usedWithJarm)),
  accepts('OK-01', openJarm.plain, usedAfterJarm),
  accepts('OK-01', openJarm.form, usedAfterJarm),
  ...signedResponses.flatMap((act) => [
    refuses('MS-01/missing', act, response('iss'), opened),
    refuses('MS-01/invalid', act, response('iss'), opened),
    refuses('MS-02/missing', act, response('aud'), opened),
    refuses('MS-02/invalid', act, response('aud'), opened),
    refuses('MS-03/missing', act, response('exp'), opened),
    refuses('MS-03/expired', act, response('exp'), opened),
    refuses('MS-04/corrupted', act, response('signature'), opened),
    refuses('MS-04/none', act, response('alg'), opened),
  ]),
];

function provesTheKeyWhereItPushes(_: unknown, op: HostileProvider): void {
  for (const { endpoint, headers } of op.requests) {
    const isProved = ['par', 'token', 'userinfo', 'resource'].includes(endpoint);
    expect(typeof headers['dpop']).toBe(isProved ? 'string' : 'undefined');
  }
}

/** Looks into the request object as it was sent, by value or by PAR. */
function wellMade({ transaction }: SignedIn, op: HostileProvider): void {
  const carriers = op.requests.filter(({ params }) => new Map(params).has('request'));
  expect(carriers).toHaveLength(1);
  const carried = new Map(carriers[0]?.params);
  const object = carried.get('request') as string;
  const header = decodeProtectedHeader(object);
  const claims = decodeJwt(object);
  expect(header).toMatchObject({ typ: 'oauth-authz-req+jwt', alg: 'ES256' });
  expect(claims).toMatchObject({
    iss: 'key-client',
    aud: op.issuer,
    client_id: carried.get('client_id'),
    state: transaction.state,
    nonce: transaction.nonce,
    redirect_uri: transaction.redirectUri,
    code_challenge_method: 'S256',
  });
  const now = Date.now() / 1000;
  expect(claims.exp).toBeLessThanOrEqual(now + 600);
  expect(claims.exp).toBeGreaterThan(now);
  expect(claims.nbf).toBeLessThanOrEqual(now);
  for (const name of ['sub', 'request', 'request_uri', 'client_secret', 'client_assertion']) {
    expect(claims).not.toHaveProperty(name);
  }
  expect(JSON.stringify(claims)).not.toContain(transaction.codeVerifier);
}
