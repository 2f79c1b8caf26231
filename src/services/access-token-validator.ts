import { abortable } from '../abortable.ts';
import { type Check, checksOf } from '../checks.ts';
import { contextOf } from '../client/create-client.ts';
import { guardOf, type ReplayGuard } from '../client/replay-guard.ts';
import { serverKeysOf } from '../client/server-keys-of.ts';
import { isRelierError, StorageError } from '../errors.ts';
import { checkConfirmation, checkRequirements } from '../tokens/access-token-requirements.ts';
import { checkDpopProof } from '../tokens/dpop-proof.ts';
import type { PresentedToken } from '../tokens/presented-token.ts';
import { type AccessToken, verifyAccessToken } from '../tokens/verify-access-token.ts';
import {
  type AccessRequirements,
  type AccessTokenValidatorOptions,
  requireAccessRequirements,
  requireValidatorOptions,
} from './access-token-validator-options.ts';
import { thumbprintOf } from './certificate-thumbprint.ts';
import { incoming, type NodeRequest } from './incoming-request.ts';
import { introspectedTokens, isReadable } from './introspected-tokens.ts';
import { knownTokens } from './known-tokens.ts';
import { type RefusedAccess, refusedAccess } from './refused-access.ts';
import { digestOf } from './token-digest.ts';

/** A request that may go on. */
export interface GrantedAccess {
  /** Tells the two results apart. */
  readonly ok: true;
  /** What its access token says. */
  readonly token: AccessToken;
}

/** Checks the access tokens of an API. */
export interface AccessTokenValidator {
  /**
   * Checks a request. Whatever the request is like, the result says what to do with it; only wrong
   * arguments make this fail.
   *
   * @param request a `Request`; what `node:http` and the frameworks on it hand out; or the token alone.
   * @param requirements `requireScopes`, `acr`, `maxAge`; `certificate` or `certificateThumbprint`,
   * `signal`.
   * @throws ConfigurationError `invalid_option`
   */
  validate(
    request: Request | NodeRequest | string,
    requirements?: AccessRequirements,
  ): Promise<GrantedAccess | RefusedAccess>;
}

/**
 * Checks the access tokens that an API is called with: by itself, with the provider's keys, or by
 * asking the provider. The answer to a request without the right one is ready to be sent, and tells
 * the client what it has to do.
 *
 * Keys are fetched when they are first needed, shared, renewed every ten minutes and for key ids that
 * are unknown (but only twice in a row, then once a minute), and kept through an outage of a day.
 *
 * @param options `issuer` and `audience`; what differs from the defaults. Times are in seconds.
 * @returns the validator; keep one for the life of the program.
 * @throws ConfigurationError `invalid_option`, `insecure_url`
 * @see RFC 6750, RFC 9068 section 4, RFC 9449 section 7, RFC 8705 section 3, RFC 9470 section 3,
 * RFC 7662, RFC 9728 section 5
 *
 * @example
 * ```ts
 * import { createAccessTokenValidator } from 'relier'
 *
 * const tokens = createAccessTokenValidator({
 *   issuer: 'https://login.example.com',
 *   audience: 'https://api.example.com',
 * })
 *
 * export async function handle(request: Request): Promise<Response> {
 *   const access = await tokens.validate(request, { requireScopes: ['orders:read'] })
 *   if (!access.ok) return access.response()
 *   return Response.json({ ordersOf: access.token.subject })
 * }
 * ```
 */
export function createAccessTokenValidator(
  options: AccessTokenValidatorOptions,
): AccessTokenValidator {
  const { baseUrl, boundTokensOnly, client, introspection, realm, resourceMetadata, rules } =
    requireValidatorOptions(options);
  const context = contextOf(client);
  const { clock, clockToleranceSeconds, trace } = context;
  const guard = typed(guardOf(context, options.replayGuard));
  const { cache } = options;
  const verified = cache === undefined ? undefined : knownTokens<AccessToken>(clock, cache);
  const introspected = introspection && introspectedTokens(client, introspection, cache);
  const serverKeys = serverKeysOf(context);
  const check: Check = checksOf('access_token', trace);

  const verify = async (jwt: string, digest: string) => {
    const found = verified?.find(digest, serverKeys.fresh() ?? (await serverKeys.current()));
    if (found) return found;
    const { keys, token } = await verifyAccessToken(context, jwt, rules);
    verified?.add(digest, keys, token);
    return token;
  };

  /** What is so whoever asks for what. */
  const tokenOf = async (accessToken: string) => {
    const known = verified || introspected ? digestOf(accessToken) : '';
    const digest = typeof known === 'string' ? known : await known;
    if (!introspected) return verify(accessToken, digest);
    if (!isReadable(accessToken)) {
      const opaque = await introspected(accessToken, digest);
      const { aud, cnf, token_type } = opaque.claims;
      // Bound to a key, and the answer does not say which: as a bearer token it may be a stolen one.
      check('cnf', !/^dpop$/i.test(`${token_type}`) || Object(cnf).jkt !== undefined);
      const isMeant = [aud].flat().some((name) => rules.audience.includes(name as string));
      check('aud', isMeant, rules.audience, aud);
      return opaque;
    }
    const token = await verify(accessToken, digest);
    // Its own claims count: an answer may leave out what it is bound to.
    if (introspection?.when === 'always') await introspected(accessToken, digest);
    return token;
  };

  /** What may have changed since the token was verified. */
  const checkTimes = ({ claims: { exp } }: AccessToken) =>
    check('exp', exp === undefined || exp > clock.now() / 1000 - clockToleranceSeconds);

  /** What shows that the token is in the right hands. */
  const checkBinding = async (
    token: AccessToken,
    { accessToken, proof }: PresentedToken,
    { certificate = '', certificateThumbprint }: AccessRequirements,
  ) => {
    const { cnf } = token.claims;
    check('bound', cnf !== undefined || !boundTokensOnly);
    const isBoundToOne = Object(cnf)['x5t#S256'] !== undefined;
    const thumbprint =
      certificateThumbprint ?? (isBoundToOne ? await thumbprintOf(certificate) : undefined);
    checkConfirmation(context, token, proof !== undefined, thumbprint);
    if (proof) await checkDpopProof(context, proof, accessToken, token, guard);
  };

  return Object.freeze({
    async validate(
      request: Request | NodeRequest | string,
      requirements: AccessRequirements = {},
    ): Promise<GrantedAccess | RefusedAccess> {
      requireAccessRequirements(requirements);
      const came = incoming(request, baseUrl);
      try {
        const presented = came.presented();
        const { signal } = requirements;
        const work = () => tokenOf(presented.accessToken);
        const token = await (signal ? abortable(work, signal, 'validation') : work());
        checkTimes(token);
        if (token.claims['cnf'] !== undefined || boundTokensOnly || presented.proof) {
          await checkBinding(token, presented, requirements);
        }
        checkRequirements(context, token, requirements);
        return { ok: true, token };
      } catch (error) {
        if (!isRelierError(error)) throw error;
        // A token that is bound to a certificate comes as a bearer token.
        const hasCertificate = requirements.certificateThumbprint ?? requirements.certificate;
        return refusedAccess(error, requirements, {
          realm,
          resourceMetadata,
          scheme: came.scheme,
          takesDpop: came.takesDpop,
          takesBearer: !boundTokensOnly || !came.takesDpop || hasCertificate !== undefined,
        });
      }
    },
  });
}

/** What the caller's own guard throws may be anything, and must not end the process. */
function typed(guard: ReplayGuard): ReplayGuard {
  return {
    async isNew(id, expiresAt) {
      try {
        return await guard.isNew(id, expiresAt);
      } catch {
        const details = { code: 'storage_failed', retryable: true } as const;
        throw new StorageError('The replay guard failed.', details);
      }
    },
  };
}
