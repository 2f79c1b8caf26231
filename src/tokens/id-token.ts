import type { IDToken } from 'oauth4webapi';
import { checksOf } from '../checks.ts';
import type { ClientContext } from '../client/create-client.ts';
import { withoutSecrets } from '../server-errors.ts';
import { halfHash } from './half-hash.ts';
import { jwtKind } from './jwt-kind.ts';

/** The claims of an ID token (OpenID Connect Core 1.0 section 2). */
export type IdTokenClaims = Readonly<IDToken>;

/** What an ID token is held against, beyond issuer, audience, expiry and algorithm. */
export interface IdTokenExpectations {
  /** The nonce of the authorization request; `undefined` where there was none. */
  readonly nonce?: string | undefined;
  /** The oldest authentication that was asked for, in seconds before `askedAt`. */
  readonly maxAge?: number | undefined;
  /** When the authorization was asked for, in milliseconds since the epoch. */
  readonly askedAt?: number | undefined;
  /** Whom the ID token of the front channel names (section 3.3.3.6). */
  readonly sub?: string | undefined;
  /** The values of `acr` that are good enough; an empty list asks for any at all. */
  readonly acr?: readonly string[] | undefined;
  /** The ID token came with a refresh (section 12.2). */
  readonly isRenewal?: boolean | undefined;
  /** The claims of the ID token that this one renews, where they are at hand. */
  readonly previous?: IdTokenClaims | undefined;
}

/** An ID token that the protocol core has read, with the access token it came with. */
export interface ReceivedIdToken {
  /** The signed token, without the encryption it may have come in. */
  readonly idToken: string;
  readonly claims: IdTokenClaims;
  /** What it is signed with. */
  readonly algorithm: string;
  /** The access token that came with it, where one did. */
  readonly accessToken: string | undefined;
  /** What was sent for it, and must not come back to light in an error. */
  readonly secrets: readonly string[];
}

/** The last second that a claim can sensibly name; beyond it lie milliseconds and nonsense. */
const END_OF_TIME = 1e11;

/**
 * The checks of OpenID Connect Core 1.0 sections 3.1.3.7 and 12.2 that the protocol core leaves
 * to its caller. The signature is checked apart.
 */
export async function checkIdToken(
  context: ClientContext,
  { accessToken, algorithm, claims, idToken, secrets }: ReceivedIdToken,
  { acr, askedAt = 0, isRenewal, maxAge, nonce, previous, sub }: IdTokenExpectations,
): Promise<void> {
  const { clientId, clock, clockToleranceSeconds, trace, trustedAudiences } = context;
  const { aud, azp, auth_time, at_hash } = claims;
  const check = checksOf('id_token', trace);
  const shown = (value: unknown) => withoutSecrets(value, secrets);

  // The core has passed these.
  for (const name of ['alg', 'crit', 'iss']) check(name, true);
  const kind = jwtKind(idToken);
  check(
    'typ',
    kind !== undefined && /^(?:id_token\+jwt|[^+]*)$/.test(kind),
    undefined,
    shown(kind),
  );
  // What has events is a logout token that somebody tries to pass off.
  check('events', claims['events'] === undefined);
  const audiences = [aud].flat();
  const trusted = (name: string) => name === clientId || trustedAudiences.includes(name);
  check('aud', audiences.every(trusted), [clientId, ...trustedAudiences], shown(aud));
  check('azp', azp === undefined || azp === clientId, clientId, shown(azp));
  check('sub', claims.sub.length > 0 && claims.sub.length < 256);
  if (sub !== undefined) check('hybrid_sub', claims.sub === sub);
  for (const name of ['exp', 'iat', 'nbf', 'auth_time'] as const) {
    const time = claims[name] as number | undefined;
    if (time !== undefined) check(name, time >= 0 && time < END_OF_TIME, undefined, time);
  }
  const latest = clock.now() / 1000 + clockToleranceSeconds;
  check('iat', claims.iat <= latest, undefined, claims.iat);

  // A renewed token repeats the nonce or has none (section 12.2).
  const wanted = previous && claims.nonce !== undefined ? previous.nonce : nonce;
  check('nonce', claims.nonce === (isRenewal && !previous ? claims.nonce : wanted));

  if (maxAge !== undefined) {
    // Held against the moment of asking and not against now: the person may take their time to
    // consent, and the server decided by what it saw then.
    const oldest = askedAt / 1000 - maxAge - clockToleranceSeconds;
    check('auth_time', (auth_time as number) >= oldest, undefined, auth_time);
  }
  if (acr) {
    const given = claims['acr'] as string;
    check('acr', !!given && (acr.length === 0 || acr.includes(given)), acr, shown(given));
  }
  if (at_hash !== undefined && accessToken !== undefined) {
    check('at_hash', at_hash === (await halfHash(accessToken, algorithm)));
  }

  if (previous) {
    check('renewed_iss', claims.iss === previous.iss);
    check('renewed_sub', claims.sub === previous.sub);
    check('renewed_azp', azp === previous.azp);
    check(
      'renewed_auth_time',
      (auth_time ?? previous.auth_time) === (previous.auth_time ?? auth_time),
    );
  }
}
