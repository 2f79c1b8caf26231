import {
  backchannelAuthenticationGrant,
  type Client,
  clientSecret,
  clientSecretBasic,
  clientSecretJwt,
  clientSecretPost,
  createAuthorizationRequest,
  createClient,
  createLogoutRequest,
  deviceAuthorizationGrant,
  dpop,
  extensionGrant,
  fetchResource,
  fetchResourceMetadata,
  fetchUserInfo,
  handleAuthorizationResponse,
  handleBackchannelLogout,
  introspectToken,
  isFrontchannelLogout,
  jar,
  jwe,
  jwtBearerGrant,
  parseChallenge,
  passwordGrant,
  privateKeyJwt,
  readThirdPartyLogin,
  refreshTokenGrant,
  registerClient,
  revokeToken,
  tokenExchangeGrant,
  validateAccessToken,
  validateLogoutToken,
} from '../../../src/index.ts';
import { hostileCallback } from '../../support/relying-party.ts';
import { canaries, signingJwk } from './canaries.ts';

/** Anything, as JavaScript callers may pass it. */
// biome-ignore lint/suspicious/noExplicitAny: the wrong types are the point.
type Anything = any;

export const misplacedCanary = 'canary\nmisplaced: ä secret\u0000';

/** A secret in the shapes in which a mistake brings it. */
export const misplaced: readonly [shape: string, make: () => Anything][] = [
  ['as a text', () => misplacedCanary],
  ['as a URL', () => `http://${encodeURIComponent(misplacedCanary)}.example/?a#b`],
  ['in a list', () => [misplacedCanary]],
  ['in an object', () => ({ [misplacedCanary]: misplacedCanary, value: misplacedCanary })],
  ['in bytes', () => new TextEncoder().encode(misplacedCanary)],
  ['in a function', () => () => misplacedCanary],
];

const redirectUri = hostileCallback;
const issuer = 'https://login.example';
const make = (options: object) => createClient({ issuer, clientId: 'app', ...options } as Anything);
const sending = async (authentication: Anything) => {
  const client = make({
    authentication,
    discovery: false,
    metadata: { introspection_endpoint: `${issuer}/introspection` },
    fetch: async () => Response.json({}),
  });
  return introspectToken(client, 'token');
};

/** Every option that may hold a secret, by what is done with it. */
export const misplacements: readonly [
  name: string,
  place: (client: Client, value: Anything) => unknown,
][] = [
  ...['issuer', 'clientId', 'authentication', 'metadata', 'fetch', 'clock', 'dpop'].map(
    (option): (typeof misplacements)[number] => [
      `createClient ${option}`,
      (_, value) => make({ [option]: value }),
    ],
  ),
  ['clientSecret', (_, value) => sending(clientSecret(value))],
  ['clientSecretBasic', (_, value) => sending(clientSecretBasic(value))],
  ['clientSecretBasic raw', (_, value) => sending(clientSecretBasic(value, { encoding: 'raw' }))],
  ['clientSecretPost', (_, value) => sending(clientSecretPost(value))],
  ['clientSecretJwt', (_, value) => sending(clientSecretJwt(value))],
  ['privateKeyJwt', (_, value) => sending(privateKeyJwt(value))],
  [
    'privateKeyJwt d',
    (_, value) => sending(privateKeyJwt({ ...signingJwk, d: value } as Anything)),
  ],
  [
    'privateKeyJwt PEM',
    (_, value) =>
      sending(privateKeyJwt(`-----BEGIN PRIVATE KEY-----${value}`, { algorithm: 'ES256' })),
  ],
  ['a function of its own', (_, value) => sending(() => value())],
  ['dpop keyPair', (_, value) => dpop({ keyPair: value })],
  ['dpop private key', (_, value) => dpop({ keyPair: { privateKey: value } as Anything })],
  ['jar', (_, value) => jar(value)],
  ['jwe', (_, value) => jwe(value)],
  ['jwe key', (_, value) => jwe([{ key: value, algorithm: 'RSA-OAEP' } as Anything])],
  ['passwordGrant', (client, password) => passwordGrant(client, { username: 'ada', password })],
  ['refreshTokenGrant', (client, refreshToken) => refreshTokenGrant(client, { refreshToken })],
  ['refreshTokenGrant tokens', (client, tokens) => refreshTokenGrant(client, tokens)],
  ['tokenExchangeGrant', (client, subjectToken) => tokenExchangeGrant(client, { subjectToken })],
  [
    'tokenExchangeGrant actor',
    (client, actorToken) => tokenExchangeGrant(client, { subjectToken: 's', actorToken }),
  ],
  ['jwtBearerGrant', (client, assertion) => jwtBearerGrant(client, { assertion })],
  [
    'extensionGrant',
    (client, otp) => extensionGrant(client, { grantType: 'urn:x:y', parameters: { otp } }),
  ],
  [
    'extensionGrant parameters',
    (client, parameters) => extensionGrant(client, { grantType: 'urn:x:y', parameters }),
  ],
  ['extensionGrant type', (client, grantType) => extensionGrant(client, { grantType })],
  ['deviceAuthorizationGrant', (client, prompt) => deviceAuthorizationGrant(client, prompt)],
  [
    'CIBA idTokenHint',
    (client, idTokenHint) => backchannelAuthenticationGrant(client, { idTokenHint }),
  ],
  [
    'CIBA userCode',
    (client, userCode) => backchannelAuthenticationGrant(client, { loginHint: 'ada', userCode }),
  ],
  ...['idTokenHint', 'sessionToken', 'claims', 'extraParameters', 'resource', 'redirectUri'].map(
    (option): (typeof misplacements)[number] => [
      `createAuthorizationRequest ${option}`,
      (client, value) =>
        // What is well-formed goes into the URL, and no further.
        createAuthorizationRequest(client, { redirectUri, [option]: value }),
    ],
  ),
  [
    'handleAuthorizationResponse transaction',
    (client, value) => handleAuthorizationResponse(client, value, new URL(redirectUri)),
  ],
  [
    'handleAuthorizationResponse response',
    async (client, value) => {
      const { transaction } = await createAuthorizationRequest(client, { redirectUri });
      return handleAuthorizationResponse(client, transaction, value);
    },
  ],
  ['fetchUserInfo', (client, accessToken) => fetchUserInfo(client, { accessToken } as Anything)],
  [
    'fetchResource token',
    (client, accessToken) => fetchResource(client, { accessToken }, `${issuer}/resource`),
  ],
  ['fetchResource url', (client, url) => fetchResource(client, { accessToken: 'a' }, url)],
  [
    'fetchResource header',
    (client, value) =>
      fetchResource(client, { accessToken: 'a' }, `${issuer}/r`, { headers: { x: value } }),
  ],
  ['introspectToken', (client, token) => introspectToken(client, token)],
  ['revokeToken', (client, token) => revokeToken(client, token)],
  ['registerClient metadata', (client, value) => registerClient(client, value)],
  [
    'registerClient token',
    (client, initialAccessToken) => registerClient(client, {}, { initialAccessToken }),
  ],
  ['createLogoutRequest', (client, idTokenHint) => createLogoutRequest(client, { idTokenHint })],
  ['validateLogoutToken', (client, token) => validateLogoutToken(client, token)],
  ['validateAccessToken', (client, token) => validateAccessToken(client, token, { audience: 'a' })],
  [
    'handleBackchannelLogout',
    (client, request) => handleBackchannelLogout(client, request, { endSession: () => {} }),
  ],
  ['isFrontchannelLogout', (client, value) => isFrontchannelLogout(client, value, value)],
  [
    'readThirdPartyLogin',
    (client, value) => readThirdPartyLogin([client], value, { origin: 'https://rp.example' }),
  ],
  ['parseChallenge', (_, value) => parseChallenge(value)],
  [
    'fetchResourceMetadata',
    (client, value) => fetchResourceMetadata(client, value, { allowedHosts: [] }),
  ],
];

type Attempt = (client: Client) => Promise<unknown>;

const answering =
  (
    parameters: Record<string, string>,
    change: (transaction: Anything, url: URL) => void = () => {},
  ) =>
  async (client: Client) => {
    const made = await createAuthorizationRequest(client, { redirectUri });
    const transaction = { ...made.transaction, codeVerifier: canaries.codeVerifier };
    const url = new URL(redirectUri);
    url.search = `${new URLSearchParams({ state: transaction.state, ...parameters })}`;
    change(transaction, url);
    return handleAuthorizationResponse(client, transaction, url);
  };
const { code } = canaries;

/** Answers in the browser that are refused, with secrets in them. */
export const answers: Readonly<Record<string, Attempt>> = {
  'another state': answering({ code, state: 'another' }),
  'no state': answering({ code }, (_, url) => url.searchParams.delete('state')),
  'a code twice': answering({ code }, (_, url) => url.searchParams.append('code', code)),
  'a code beside an error': answering({ code, error: 'access_denied' }),
  'another issuer': answering({ code, iss: 'https://other.example' }),
  'a code in the fragment': answering({ code }, (_, url) => {
    url.hash = url.search;
    url.search = '';
  }),
  'tokens that nobody asked for': answering({
    code,
    access_token: canaries.accessToken,
    id_token: canaries.idToken,
  }),
  'another place': answering({ code }, (_, url) => {
    url.pathname = '/elsewhere';
  }),
  'a transaction of another issuer': answering({ code }, (transaction) => {
    transaction.issuer = 'https://other.example';
  }),
  'a transaction that was changed': answering({ code }, (transaction) => {
    transaction.version = 2;
  }),
  'a transaction too old': answering({ code }, (transaction) => {
    transaction.createdAt = 1;
  }),
  'a form': async (client) => {
    const { transaction } = await createAuthorizationRequest(client, { redirectUri });
    const body = new URLSearchParams({ code, state: 'another' });
    const request = new Request(redirectUri, { method: 'POST', body });
    return handleAuthorizationResponse(client, transaction, request);
  },
  'no transaction': (client) =>
    handleAuthorizationResponse(
      client,
      async () => undefined,
      new URL(`${redirectUri}?code=${code}&state=s`),
    ),
  'a sign-out without an endpoint': (client) =>
    createLogoutRequest(client, { idTokenHint: canaries.idToken }),
};

/** The token in whatever algorithm, whose signature is the canary. */
const signedAs = (token: string, header: object) =>
  [Buffer.from(JSON.stringify(header)).toString('base64url'), ...token.split('.').slice(1)].join(
    '.',
  );
const headers = [
  { alg: 'none' },
  { alg: 'RS256' },
  { alg: 'HS256' },
  { alg: 'RS256', crit: ['x'] },
];

export const tokensToValidate: Readonly<Record<string, Attempt>> = Object.fromEntries(
  headers.flatMap((header): [string, Attempt][] => {
    const how = JSON.stringify(header);
    const logoutToken = signedAs(canaries.logoutToken, header);
    return [
      [`logout token ${how}`, (client) => validateLogoutToken(client, logoutToken)],
      [
        `logout token ${how}, posted`,
        async (client) => {
          const body = new URLSearchParams({ logout_token: logoutToken });
          const request = new Request('https://rp.example/', { method: 'POST', body });
          const response = await handleBackchannelLogout(client, request, {
            endSession: () => {},
          });
          // What the provider is told, as if it were printed.
          throw Object.assign(new Error(await response.text()), {
            ...{ code: 'told', phase: 'validation', retryable: false },
          });
        },
      ],
      ...(['rfc9068', 'okta', 'generic'] as const).map((profile): [string, Attempt] => [
        `access token ${how}, ${profile}`,
        (client) =>
          validateAccessToken(client, signedAs(canaries.accessToken, header), {
            ...{ audience: 'https://api.example', profile },
          }),
      ]),
    ];
  }),
);
