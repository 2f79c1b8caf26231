import {
  type IntrospectionResponse,
  introspectionRequest,
  processIntrospectionResponse,
} from 'oauth4webapi';
import { checksOf } from '../checks.ts';
import { callEndpoint, type RequestOptions } from '../client/call-endpoint.ts';
import { coreDecryption } from '../client/core-client.ts';
import { type Client, type ClientContext, contextOf } from '../client/create-client.ts';
import { requireFlag, requireOptions, requireText, requireTexts } from '../options.ts';
import { verifySignature } from './jwt-signature.ts';

/** What the server says about a token (RFC 7662 section 2.2), in the wire's own names. */
export type Introspection = Readonly<IntrospectionResponse>;

/** What {@link introspectToken} and `revokeToken` take besides the token. */
export interface TokenHintOptions extends RequestOptions {
  /** What kind of token it is, to spare the server the search. */
  readonly tokenTypeHint?:
    | 'access_token'
    | 'refresh_token'
    | 'id_token'
    | (string & {})
    | undefined;
}

/** What {@link introspectToken} takes besides the token. */
export interface IntrospectionOptions extends TokenHintOptions {
  /**
   * Asks for an answer that the server signs (RFC 9701), and takes no other.
   * @default false
   */
  readonly signedAnswer?: boolean | undefined;
  /**
   * What an active token must be. With it, one that has lapsed by our own clock, or is not valid yet,
   * counts as inactive too.
   */
  readonly expected?:
    | {
        /** Whom it must be meant for. */
        readonly audience?: string | undefined;
        /** Scopes that it must all have. */
        readonly scopes?: readonly string[] | undefined;
      }
    | undefined;
}

/**
 * Asks the server whether a token is good. Only `active: true` says so; without it nothing else
 * in the answer can be relied on.
 *
 * @param client the client (often a resource server) that asks, with its credentials.
 * @param token the token in question.
 * @param options `expected`; `signedAnswer`, `tokenTypeHint`, `signal`.
 * @returns `active`, and what the server adds about an active token; name claims of its own by the
 * type parameter.
 * @throws OAuthResponseError `oauth_error`; TransportError; TimeoutError `timeout`;
 * ValidationError `invalid_introspection`, `invalid_metadata`, `invalid_keys`; ConfigurationError
 * `invalid_option`, `insecure_url`, `unsupported_by_server`
 * @see RFC 7662, RFC 9701
 *
 * @example
 * ```ts
 * import { type Client, introspectToken } from 'relier'
 *
 * export async function isGood(client: Client, token: string) {
 *   const { active } = await introspectToken(client, token, { tokenTypeHint: 'access_token' })
 *   return active
 * }
 * ```
 */
export async function introspectToken<Claims extends object = object>(
  client: Client,
  token: string,
  options: IntrospectionOptions = {},
): Promise<Introspection & Readonly<Partial<Claims>>> {
  const context = contextOf(client);
  requireText(token, 'token');
  requireOptions(options);
  const { signal, signedAnswer = false } = options;
  requireFlag(signedAnswer, 'signedAnswer');
  requireExpected(options);
  const subject = 'introspection';
  return callEndpoint(
    context,
    { subject, shape, endpoint: 'introspection_endpoint', signal },
    ({ server, client, authentication, http }) =>
      introspectionRequest(server, client, authentication, token, {
        ...http,
        ...tokenTypeHint(options),
        requestJwtResponse: signedAnswer,
      }),
    async (answer) => {
      checksOf(subject, context.trace)('signed', !signedAnswer || !answer.body);
      const { client, response, server } = answer;
      const decryption = coreDecryption(context);
      const introspection = await processIntrospectionResponse(
        server,
        client,
        response,
        decryption,
      );
      if (!answer.body) await verifySignature(context, subject, answer, signal);
      return Object.freeze(
        isExpected(context, introspection, options) ? introspection : { active: false },
      ) as Introspection & Readonly<Partial<Claims>>;
    },
  );
}

const shape = { members: { active: () => false }, required: 'iss aud iat active' };

function requireExpected({ expected }: IntrospectionOptions): void {
  if (expected === undefined) return;
  requireOptions(expected, 'expected');
  const { audience, scopes } = expected;
  if (audience !== undefined) requireText(audience, 'expected.audience');
  requireTexts(scopes, 'expected.scopes');
}

function isExpected(
  { clock, clockToleranceSeconds, issuer }: ClientContext,
  { active, aud, exp, iss, nbf, scope }: Introspection,
  { expected }: IntrospectionOptions,
): boolean {
  // Nothing but this counts in the answer about a dead token (RFC 7662 section 2.2).
  if (!active) return false;
  if (!expected) return true;
  const now = clock.now() / 1000;
  const has = (list: unknown, name: string) => [list ?? []].flat().includes(name);
  return (
    (exp === undefined || exp > now - clockToleranceSeconds) &&
    (nbf === undefined || nbf < now + clockToleranceSeconds) &&
    (iss === undefined || iss === issuer) &&
    (expected.audience === undefined || has(aud, expected.audience)) &&
    (expected.scopes ?? []).every((name) =>
      has(typeof scope === 'string' ? scope.split(' ') : scope, name),
    )
  );
}

/** The hint in the protocol core's terms. */
export function tokenTypeHint({ tokenTypeHint: hint }: TokenHintOptions): {
  additionalParameters?: Record<string, string>;
} {
  return hint === undefined
    ? {}
    : { additionalParameters: { token_type_hint: requireText(hint, 'tokenTypeHint') } };
}
