import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { vi } from 'vitest';
import {
  backchannelAuthenticationGrant,
  type Client,
  type ClientOptions,
  clientCredentialsGrant,
  clientSecretBasic,
  clientSecretJwt,
  clientSecretPost,
  createAuthorizationRequest,
  deviceAuthorizationGrant,
  dpop,
  extensionGrant,
  fetchResource,
  fetchUserInfo,
  handleAuthorizationResponse,
  introspectToken,
  jwtBearerGrant,
  par,
  passwordGrant,
  privateKeyJwt,
  refreshTokenGrant,
  registerClient,
  revokeToken,
  type TraceEvent,
  tokenExchangeGrant,
} from '../../../src/index.ts';
import type { Endpoint } from '../../support/hostile-provider/index.ts';
import { hostileCallback } from '../../support/relying-party.ts';

/** Looks like a JWT, as most tokens do. */
const jwt = (name: string) => `eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.canary-${name}-3f9a`;
const signing = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const signingJwk = { ...signing.privateKey.export({ format: 'jwk' }), alg: 'ES256' };

/** A value of each kind that must never come to light. */
export const canaries = {
  clientSecret: 'canary: "client secret" & +/=% of more than sixty-four bytes, so that it may sign',
  password: 'canary password: ä & +/=%"',
  code: 'canary-code-7b1d',
  codeVerifier: 'canary-code-verifier-of-at-least-forty-three-characters',
  accessToken: jwt('access-token'),
  refreshToken: 'canary-refresh-token+/=',
  idToken: jwt('id-token'),
  sessionToken: 'canary-session-token',
  deviceCode: 'canary-device-code',
  authReqId: 'canary-auth-req-id',
  subjectToken: jwt('subject-token'),
  actorToken: jwt('actor-token'),
  assertion: jwt('assertion'),
  logoutToken: jwt('logout-token'),
  loginHintToken: jwt('login-hint-token'),
  userCode: 'canary user code',
  oneTimePassword: 'canary one-time password',
  initialAccessToken: 'canary-initial-access-token',
  privateKey: signingJwk.d as string,
} as const;

/** A key that could be printed, were anybody to do so. */
const proofKey = (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
  'sign',
  'verify',
])) as CryptoKeyPair;
export const proofKeySecret = (await crypto.subtle.exportKey('jwk', proofKey.privateKey))
  .d as string;

/** Clients by what they prove themselves with. */
export const speakers = {
  'secret in the header, DPoP': () => ({
    authentication: clientSecretBasic(canaries.clientSecret),
    dpop: dpop({ keyPair: proofKey }),
  }),
  'secret in the body': () => ({ authentication: clientSecretPost(canaries.clientSecret) }),
  'secret that signs': () => ({ authentication: clientSecretJwt(canaries.clientSecret) }),
  'key that signs, DPoP': () => ({
    authentication: privateKeyJwt(signingJwk as never),
    dpop: dpop({ keyPair: proofKey }),
  }),
} satisfies Record<string, () => Partial<ClientOptions>>;

interface Call {
  /** Where the request goes that is answered wrongly. */
  readonly at: Endpoint;
  readonly client?: Partial<ClientOptions>;
  readonly run: (client: Client, resource: string) => Promise<unknown>;
}

const { accessToken, assertion, idToken, refreshToken } = canaries;
const tokenSet = { accessToken, tokenType: 'Bearer', obtainedAt: 0, scope: 'openid' } as const;
const prompt = () => {};

/** Every request that carries a secret. */
export const calls: Readonly<Record<string, Call>> = {
  'authorization code': {
    at: 'token',
    run: async (client) => {
      const { transaction } = await createAuthorizationRequest(client, {
        redirectUri: hostileCallback,
      });
      const answer = new URL(hostileCallback);
      answer.searchParams.set('code', canaries.code);
      answer.searchParams.set('state', transaction.state);
      const { codeVerifier } = canaries;
      return handleAuthorizationResponse(client, { ...transaction, codeVerifier }, answer);
    },
  },
  'client credentials': { at: 'token', run: (client) => clientCredentialsGrant(client) },
  password: {
    at: 'token',
    run: (client) => passwordGrant(client, { username: 'ada', password: canaries.password }),
  },
  refresh: { at: 'token', run: (client) => refreshTokenGrant(client, { refreshToken }) },
  'token exchange': {
    at: 'token',
    run: (client) =>
      tokenExchangeGrant(client, {
        subjectToken: canaries.subjectToken,
        actorToken: canaries.actorToken,
      }),
  },
  'JWT bearer': { at: 'token', run: (client) => jwtBearerGrant(client, { assertion }) },
  'extension grant': {
    at: 'token',
    run: (client) =>
      extensionGrant(client, {
        grantType: 'urn:example:otp',
        parameters: { otp: canaries.oneTimePassword },
      }),
  },
  'device authorization': {
    at: 'device-authorization',
    run: (client) => deviceAuthorizationGrant(client, { prompt }),
  },
  'device code': { at: 'token', run: (client) => deviceAuthorizationGrant(client, { prompt }) },
  'CIBA, ID token': {
    at: 'backchannel-authentication',
    run: (client) =>
      backchannelAuthenticationGrant(client, { idTokenHint: idToken, userCode: canaries.userCode }),
  },
  'CIBA, login hint token': {
    at: 'backchannel-authentication',
    run: (client) =>
      backchannelAuthenticationGrant(client, { loginHintToken: canaries.loginHintToken }),
  },
  'CIBA, poll': {
    at: 'token',
    run: (client) => backchannelAuthenticationGrant(client, { loginHint: 'ada' }),
  },
  'pushed request': {
    at: 'par',
    client: { pushedAuthorization: par() },
    run: (client) =>
      createAuthorizationRequest(client, {
        redirectUri: hostileCallback,
        idTokenHint: idToken,
        sessionToken: canaries.sessionToken,
      }),
  },
  userinfo: {
    at: 'userinfo',
    run: (client) => fetchUserInfo(client, tokenSet, { expectedSubject: '1' }),
  },
  introspection: {
    at: 'introspection',
    run: (client) => introspectToken(client, accessToken, { tokenTypeHint: 'access_token' }),
  },
  revocation: { at: 'revocation', run: (client) => revokeToken(client, refreshToken) },
  registration: {
    at: 'registration',
    run: (client) =>
      registerClient(client, {}, { initialAccessToken: canaries.initialAccessToken }),
  },
  resource: { at: 'resource', run: (client, url) => fetchResource(client, tokenSet, url) },
};

/** What came of a call, and all that anybody could have read meanwhile and afterwards. */
export interface Watched {
  readonly error: unknown;
  readonly isFailed: boolean;
  readonly events: readonly TraceEvent[];
  readonly shown: string;
}

const consoleMethods = ['debug', 'dir', 'error', 'info', 'log', 'table', 'trace', 'warn'] as const;

/** What is printed while somebody watches. */
let printed: string[] | undefined;

/** Once for a file, because it takes more time than most calls: sees all that is printed. */
export function watchOutput(): void {
  const print = (...args: unknown[]) => {
    printed?.push(args.map((one) => (typeof one === 'string' ? one : deep(one))).join(' '));
    return true;
  };
  for (const method of consoleMethods) vi.spyOn(console, method).mockImplementation(print);
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation(print as never);
  }
}

export async function watched(run: (trace: (event: TraceEvent) => void) => unknown) {
  const events: TraceEvent[] = [];
  const seen: string[] = [];
  printed = seen;
  let error: unknown;
  let isFailed = false;
  try {
    await run((event) => void events.push(event));
  } catch (thrown) {
    error = thrown;
    isFailed = true;
  } finally {
    printed = undefined;
  }
  const shown = [isFailed ? everythingOf(error) : '', deep(events), ...seen].join('\n');
  return { error, isFailed, events, shown } satisfies Watched;
}

/** All that a log could show of an error. */
function everythingOf(error: unknown): string {
  const { cause, message, stack } = Object(error);
  return [
    message,
    stack,
    String(error),
    deep(cause),
    JSON.stringify(cause),
    JSON.stringify(Object(error).toJSON?.()),
    JSON.stringify(error),
    deep(error),
  ].join('\n');
}

function deep(value: unknown): string {
  return inspect(value, { depth: 10, showHidden: true, maxStringLength: null, getters: true });
}

/** The secrets that stand in a text, however they are written. */
export function foundIn(shown: string, secrets: Iterable<string>): string[] {
  return [...new Set(secrets)].filter((secret) =>
    formsOf(secret).some((form) => shown.includes(form)),
  );
}

const known = new Map<string, readonly string[]>();

function formsOf(secret: string): readonly string[] {
  const forms = known.get(secret) ?? computedForms(secret);
  known.set(secret, forms);
  return forms;
}

function computedForms(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const quoted = JSON.stringify(secret).slice(1, -1);
  const forms = [
    secret,
    secret.toLowerCase(),
    // The beginning is enough to know it by, where a text is cut off.
    secret.slice(0, 40),
    encodeURIComponent(secret),
    new URLSearchParams({ v: secret }).toString().slice(2),
    quoted,
    bytes.toString('base64'),
    bytes.toString('base64url'),
  ];
  return [...new Set(forms)].filter(({ length }) => length > 7);
}
