import type { AnyRelierError } from '../errors.ts';
import type { AccessTokenRequirements } from '../tokens/access-token-requirements.ts';
import { ALGORITHMS } from '../tokens/verify-access-token.ts';

/** What `node:http` and the frameworks on it answer with, as far as it is used. */
export interface NodeResponse {
  /** The status to answer with. */
  statusCode: number;
  /** Sets a header of the answer. */
  setHeader(name: string, value: string): unknown;
  /** Sends the answer. */
  end(): unknown;
}

/** A request that may not go on, and what to answer. */
export interface RefusedAccess {
  /** Tells the two results apart. */
  readonly ok: false;
  /**
   * 401: no token, or none that will do; 403: a token without the scope; 400: a malformed header; 503:
   * it cannot be told, such as while the provider's keys cannot be had; 500: an option is wrong.
   */
  readonly status: 400 | 401 | 403 | 500 | 503;
  /** `www-authenticate` with what the client has to do, for 400 to 403, and `cache-control`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Why; for the log, not for the client. */
  readonly error: AnyRelierError;
  /** The answer as a `Response`. */
  response(): Response;
  /** Sends the answer by `node:http`. Headers that were set before, such as those of CORS, go with it. */
  send(response: NodeResponse): void;
}

/** What all of an API's challenges have in common, and what the request was. */
export interface ChallengeTerms {
  readonly realm: string;
  readonly resourceMetadata: string | undefined;
  /** Whether a token that is bound to a key could have been taken here. */
  readonly takesDpop: boolean;
  /** Whether one that is bound to nothing could have. */
  readonly takesBearer: boolean;
  /** How the token came, if one came at all. */
  readonly scheme: 'Bearer' | 'DPoP' | undefined;
}

type Parameters = Readonly<Record<string, string | undefined>>;

/**
 * Makes the answer to a request that failed. Nothing of it comes from the request, so that nobody can
 * write into a header: parameters are the API's own words, and checked ones.
 */
export function refusedAccess(
  error: AnyRelierError,
  requirements: AccessTokenRequirements,
  terms: ChallengeTerms,
): RefusedAccess {
  const { status, challenge } = answerTo(error, requirements, terms);
  const headers = Object.freeze({
    'cache-control': 'no-store',
    ...(challenge && { 'www-authenticate': challenge }),
  });
  return Object.freeze({
    ok: false,
    status,
    headers,
    error,
    response: () => new Response(null, { status, headers }),
    send(response: NodeResponse) {
      response.statusCode = status;
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      response.end();
    },
  });
}

function answerTo(
  error: AnyRelierError,
  { acr, maxAge, requireScopes = [] }: AccessTokenRequirements,
  terms: ChallengeTerms,
): { status: RefusedAccess['status']; challenge?: string } {
  if (error.code !== 'invalid_access_token') {
    return { status: error.phase === 'configuration' ? 500 : 503 };
  }
  const { scheme, takesBearer, takesDpop } = terms;
  const check = error.check.replace('access_token.', '');
  const scope = requireScopes.join(' ') || undefined;
  const bearer = (parameters: Parameters) => challengeOf('Bearer', terms, parameters);
  const dpop = (parameters: Parameters) =>
    challengeOf('DPoP', terms, { ...parameters, algs: ALGORITHMS.join(' ') });
  const used = (parameters: Parameters) => (scheme === 'DPoP' ? dpop : bearer)(parameters);

  // No error where there was no attempt (RFC 6750 section 3.1).
  if (!scheme) {
    const challenges = [takesBearer && bearer({ scope }), takesDpop && dpop({ scope })];
    return { status: 401, challenge: challenges.filter(Boolean).join(', ') };
  }
  if (check === 'authorization') {
    return { status: 400, challenge: used({ error: 'invalid_request' }) };
  }
  if (check === 'scope') {
    return { status: 403, challenge: used({ error: 'insufficient_scope', scope }) };
  }
  if (check === 'acr' || check === 'auth_time') {
    const acr_values = acr?.join(' ');
    const max_age = maxAge === undefined ? undefined : `${Math.floor(maxAge)}`;
    const stronger = { error: 'insufficient_user_authentication', acr_values, max_age, scope };
    return { status: 401, challenge: used(stronger) };
  }
  // The key is the token's matter; everything else of the proof is its own (RFC 9449 section 7.1).
  const isProof = check.startsWith('proof') && check !== 'proof_jkt';
  const challenge = used({ error: isProof ? 'invalid_dpop_proof' : 'invalid_token' });
  // It should have come with a proof (section 7.2).
  const wantsProof = scheme === 'Bearer' && takesDpop && /^(?:scheme|bound)$/.test(check);
  return { status: 401, challenge: wantsProof ? `${challenge}, ${dpop({})}` : challenge };
}

function challengeOf(
  scheme: string,
  { realm, resourceMetadata }: ChallengeTerms,
  parameters: Parameters,
): string {
  const all = { realm, ...parameters, resource_metadata: resourceMetadata };
  const written = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}="${value.replace(/[\\"]/g, '\\$&')}"`],
  );
  return `${scheme} ${written.join(', ')}`;
}
