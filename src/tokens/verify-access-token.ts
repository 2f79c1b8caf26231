import type { JWTPayload } from 'jose';
import { checksOf } from '../checks.ts';
import { type ClientContext, isSigningAlgorithm } from '../client/create-client.ts';
import { deepFreeze } from '../deep-freeze.ts';
import type { KeySet } from '../discovery/server-keys.ts';
import { invalidOption, requireTexts } from '../options.ts';
import { verifyJwt } from './verify-jwt.ts';

/** How a server writes its access tokens. */
export type AccessTokenProfile = 'rfc9068' | 'okta' | 'generic';

/** What every access token of an API has in common. */
export interface AccessTokenRules {
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
}

/** What an access token says, every check passed. Frozen to the bottom: others may get the same. */
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

export const ALGORITHMS: readonly string[] = [
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

/** What stands in ID tokens and in no access token. */
const ID_TOKEN_CLAIMS = ['nonce', 'at_hash', 'c_hash', 's_hash'];

/** The rules with nothing left out, each checked. */
export interface CheckedRules {
  readonly audience: readonly string[];
  readonly profile: AccessTokenProfile;
  readonly algorithms: readonly string[];
}

/** The rules as the caller wrote them, checked. */
export function requireRules(rules: AccessTokenRules): CheckedRules {
  const { algorithms = ALGORITHMS, profile = 'rfc9068' } = rules;
  const audience = requireTexts([rules.audience].flat(), 'audience');
  if (audience.length === 0) throw invalidOption('audience', 'must be given');
  if (!Object.hasOwn(PROFILES, profile)) throw invalidOption('profile', 'is not a known one');
  if (
    requireTexts(algorithms, 'algorithms').length === 0 ||
    !algorithms.every(isSigningAlgorithm)
  ) {
    throw invalidOption('algorithms', 'must be supported asymmetric ones');
  }
  return { audience, profile, algorithms };
}

/** What is so whoever asks for what: signature, issuer, audience, times, type and claims. */
export async function verifyAccessToken(
  context: ClientContext,
  jwt: string,
  { algorithms, audience, profile }: CheckedRules,
): Promise<{ readonly token: AccessToken; readonly keys: KeySet }> {
  const { required: requiredClaims, types } = PROFILES[profile];
  const subject = 'access_token';
  const expected = { algorithms, audience, requiredClaims };
  const { claims, header, keys } = await verifyJwt(context, subject, jwt, expected);
  const check = checksOf(subject, context.trace);
  check('typ', types.test(header.typ ?? ''), undefined, header.typ);
  check('kind', profile === 'rfc9068' || isAccessToken(claims));
  const { sub } = claims;
  check('sub', sub === undefined || (typeof sub === 'string' && sub !== ''));
  return { token: accessTokenOf(claims), keys };
}

/** Claims in one form for all profiles. */
export function accessTokenOf(claims: JWTPayload): AccessToken {
  const { azp, cid, client_id, scope, scp, sub } = claims;
  const scopes = scope ?? scp;
  const words = typeof scopes === 'string' ? scopes : [scopes].flat().filter(isText).join(' ');
  return deepFreeze({
    claims,
    scopes: words.split(' ').filter(Boolean),
    subject: sub,
    clientId: [client_id, cid, azp].find(isText),
  });
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

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
