import type { JWTPayload } from 'jose';
import { abortable } from '../abortable.ts';
import { checkFailed, checksOf } from '../checks.ts';
import type { RequestOptions } from '../client/call-endpoint.ts';
import {
  type Client,
  type ClientContext,
  contextOf,
  isSigningAlgorithm,
} from '../client/create-client.ts';
import { guardOf, type ReplayGuard } from '../client/replay-guard.ts';
import {
  invalidOption,
  requireAmount,
  requireOptions,
  requireText,
  requireTexts,
} from '../options.ts';
import { checkDpopProof } from './dpop-proof.ts';
import { verifyJwt } from './verify-jwt.ts';

/** How a server writes its access tokens. */
export type AccessTokenProfile = 'rfc9068' | 'okta' | 'generic';

/** What {@link validateAccessToken} takes besides the token. */
export interface AccessTokenOptions extends RequestOptions {
  /** Whom the token must be meant for: this API's identifier, or several. */
  readonly audience: string | readonly string[];
  /**
   * `rfc9068` asks for the standard's type and claims; `okta` for `cid` and `scp`, without a type;
   * `generic` takes any signed token of the issuer that is no ID token.
   * @default 'rfc9068'
   */
  readonly profile?: AccessTokenProfile | undefined;
  /**
   * What the token may be signed with.
   * @default every supported asymmetric algorithm
   */
  readonly algorithms?: readonly string[] | undefined;
  /** Scopes that the token must all have. */
  readonly requireScopes?: readonly string[] | undefined;
  /** Authentication context classes of which the token must have one (RFC 9470). */
  readonly acr?: readonly string[] | undefined;
  /** How old the person's authentication may be, in seconds (RFC 9470). */
  readonly maxAge?: number | undefined;
  /** SHA-256 thumbprint of the client certificate of this connection, base64url (RFC 8705). */
  readonly certificateThumbprint?: string | undefined;
  /**
   * Remembers proofs of possession.
   * @default one in memory, for this client in this process
   */
  readonly replayGuard?: ReplayGuard | undefined;
}

/** What an access token says, every check passed. */
export interface AccessToken {
  /** All claims, as they stand in the token. */
  readonly claims: Readonly<JWTPayload>;
  /** The scopes, in whatever way they were written. */
  readonly scopes: readonly string[];
  /** The person, or the client itself. */
  readonly subject: string | undefined;
  /** The client that the token was issued to. */
  readonly clientId: string | undefined;
}

const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** What stands in ID tokens and in no access token. */
const ID_TOKEN_CLAIMS = ['nonce', 'at_hash', 'c_hash', 's_hash'];

/**
 * Checks an access token at the API that it was sent to: signature, issuer, audience, times, type
 * and claims of its profile, and what the caller requires. A token that is bound to a key or to a
 * certificate is taken only with the proof of it.
 *
 * @param client says which issuer is trusted; its `clientId` is the API's own, and is not compared.
 * @param token the token, or the `Request` that carries it: needed for tokens that are bound to a
 * key, and with the URL that the client called, also behind a proxy.
 * @param options `audience`, which is mandatory; what else the token must be. What `replayGuard`
 * throws is passed on as it is.
 * @returns the claims, with scopes, subject and client in one form for all profiles.
 * @throws ValidationError `invalid_access_token`, `invalid_metadata`, `invalid_keys`;
 * ConfigurationError `invalid_option`, `insecure_url`, `unsupported_by_server`; TransportError;
 * TimeoutError `timeout`
 * @see RFC 9068 section 4, RFC 9449 section 7, RFC 8705 section 3, RFC 9470
 *
 * @example
 * ```ts
 * import { createClient, validateAccessToken } from 'relier'
 *
 * const issuer = createClient({ issuer: 'https://login.example.com', clientId: 'orders-api' })
 *
 * export async function authorize(request: Request) {
 *   const { subject } = await validateAccessToken(issuer, request, {
 *     audience: 'https://api.example.com',
 *     requireScopes: ['orders:read'],
 *   })
 *   return subject
 * }
 * ```
 */
export async function validateAccessToken(
  client: Client,
  token: string | Request,
  options: AccessTokenOptions,
): Promise<AccessToken> {
  const context = contextOf(client);
  requireOptions(options);
  const { algorithms = ALGORITHMS, audience, profile = 'rfc9068', signal } = options;
  const audiences = requireTexts([audience].flat(), 'audience');
  if (audiences.length === 0) throw invalidOption('audience', 'must be given');
  if (!Object.hasOwn(PROFILES, profile)) throw invalidOption('profile', 'is not a known one');
  if (
    requireTexts(algorithms, 'algorithms').length === 0 ||
    !algorithms.every(isSigningAlgorithm)
  ) {
    throw invalidOption('algorithms', 'must be supported asymmetric ones');
  }
  const { acr, certificateThumbprint, maxAge, requireScopes } = options;
  requireTexts(requireScopes, 'requireScopes');
  requireTexts(acr, 'acr');
  if (maxAge !== undefined) requireAmount(maxAge, 'maxAge');
  if (certificateThumbprint !== undefined) {
    requireText(certificateThumbprint, 'certificateThumbprint');
  }
  const guard = guardOf(context, options.replayGuard);
  const { accessToken, isDpop } = presented(token);
  const subject = 'access_token';
  const { claims, header } = await abortable(
    () =>
      verifyJwt(context, subject, accessToken, {
        algorithms,
        audience: audiences,
        requiredClaims: PROFILES[profile].required,
      }),
    signal,
    'validation',
  );
  const check = checksOf(subject, context.trace);
  const { types } = PROFILES[profile];
  check('typ', types.test(header.typ ?? ''), undefined, header.typ);
  check('kind', profile === 'rfc9068' || isAccessToken(claims));
  const { client_id, cid, azp, scope, scp, sub } = claims;
  check('sub', sub === undefined || (typeof sub === 'string' && sub !== ''));
  const scopes = [scope ?? scp]
    .flat()
    .flatMap((text) => (typeof text === 'string' ? text.split(' ') : []))
    .filter(Boolean);
  checkRequirements(context, claims, scopes, options);
  checkConfirmation(context, claims, isDpop, certificateThumbprint);
  if (isDpop) await checkDpopProof(context, token as Request, accessToken, claims, guard);
  return Object.freeze({
    claims: Object.freeze(claims),
    scopes: Object.freeze(scopes),
    subject: sub,
    clientId: [client_id, cid, azp].find((id) => typeof id === 'string') as string | undefined,
  });
}

const PROFILES = {
  rfc9068: {
    types: /^(?:application\/)?at\+jwt$/i,
    required: ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'],
  },
  okta: {
    types: /^(?:jwt|application\/okta-internal-at\+jwt)?$/i,
    required: ['iss', 'exp', 'aud', 'iat', 'cid', 'scp'],
  },
  generic: { types: /^(?:jwt|(?:application\/)?at\+jwt)?$/i, required: ['iss', 'exp', 'aud'] },
} as const;

/**
 * An untyped JWT may be an ID token, which says who signed in and authorizes nothing. Roles prove
 * nothing: some providers put them into both.
 */
function isAccessToken(claims: JWTPayload): boolean {
  return (
    !ID_TOKEN_CLAIMS.some((name) => name in claims) &&
    ['scope', 'scp', 'client_id', 'cid', 'appid', 'permissions'].some((name) => name in claims)
  );
}

function presented(token: string | Request): { accessToken: string; isDpop: boolean } {
  if (!(token instanceof Request)) {
    return { accessToken: requireText(token, 'token'), isDpop: false };
  }
  const [, scheme = '', accessToken = ''] =
    /^(bearer|dpop) +([\w.~+/-]+=*)$/i.exec(token.headers.get('authorization') ?? '') ?? [];
  if (!accessToken) throw checkFailed('access_token', 'authorization');
  return { accessToken, isDpop: scheme.toLowerCase() === 'dpop' };
}

function checkRequirements(
  { clock, clockToleranceSeconds, trace }: ClientContext,
  claims: JWTPayload,
  scopes: readonly string[],
  { acr, maxAge, requireScopes = [] }: AccessTokenOptions,
): void {
  const check = checksOf('access_token', trace);
  const missing = requireScopes.filter((name) => !scopes.includes(name));
  check('scope', missing.length === 0, requireScopes.join(' '), scopes.join(' '));
  if (acr) check('acr', acr.includes(claims['acr'] as string), acr, claims['acr']);
  if (maxAge !== undefined) {
    const oldest = clock.now() / 1000 - maxAge - clockToleranceSeconds;
    const at = claims['auth_time'];
    check('auth_time', typeof at === 'number' && at >= oldest, undefined, at);
  }
}

/**
 * A bound token without its proof is a stolen one, and so may be one that is bound in a way nobody
 * here knows.
 */
function checkConfirmation(
  { trace }: ClientContext,
  { cnf }: JWTPayload,
  isDpop: boolean,
  certificateThumbprint: string | undefined,
): void {
  const check = checksOf('access_token', trace);
  const { jkt, 'x5t#S256': certificate } = Object(cnf);
  check('cnf', cnf === undefined || typeof jkt === 'string' || typeof certificate === 'string');
  check('scheme', isDpop === (jkt !== undefined));
  if (certificate !== undefined) check('certificate', certificate === certificateThumbprint);
}
