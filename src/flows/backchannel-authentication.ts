import {
  backchannelAuthenticationRequest,
  processBackchannelAuthenticationResponse,
} from 'oauth4webapi';
import { checksOf } from '../checks.ts';
import { callEndpoint } from '../client/call-endpoint.ts';
import { type Client, type ClientContext, contextOf } from '../client/create-client.ts';
import { stopwatch } from '../clock.ts';
import {
  addExtraParameters,
  addTexts,
  invalidOption,
  requireOptions,
  requireResources,
} from '../options.ts';
import { amount, text } from '../protocol-errors.ts';
import { identifiedTokenSet } from '../tokens/identified-token-set.ts';
import type { TokenSet } from '../tokens/token-set.ts';
import { pollForTokens } from './poll-for-tokens.ts';
import { type GrantOptions, requestGrant } from './token-request.ts';

/** What {@link backchannelAuthenticationGrant} takes: exactly one of the three hints. */
export interface BackchannelAuthenticationOptions extends GrantOptions {
  /** Whom to ask, by a name that the provider knows. */
  readonly loginHint?: string | undefined;
  /** Whom to ask, by an ID token of theirs. */
  readonly idTokenHint?: string | undefined;
  /** Whom to ask, by a token that the provider understands. */
  readonly loginHintToken?: string | undefined;
  /** What both devices show, so that the person can tell that they belong together. */
  readonly bindingMessage?: string | undefined;
  /** A secret of the person's own, where the provider wants one. */
  readonly userCode?: string | undefined;
  /** Authentication context classes, best first, space-separated. */
  readonly acrValues?: string | undefined;
  /** How long the person may take, in seconds; the provider decides. */
  readonly requestedExpiry?: number | undefined;
}

/**
 * Has the provider ask a person on a device of theirs, without a browser here (CIBA, poll mode).
 * Resolves when the person has decided.
 *
 * @param client the client, with its credentials.
 * @param options one of `loginHint`, `idTokenHint` and `loginHintToken`; what else the provider
 * should know.
 * @returns the tokens, with a verified ID token.
 * @throws OAuthResponseError `oauth_error` (`error: 'access_denied'`, `'expired_token'`,
 * `'unknown_user_id'`); TimeoutError `timeout` (nobody decided in time); TransportError;
 * ValidationError `invalid_backchannel_authentication_response`, `invalid_token_response`,
 * `invalid_id_token`, `invalid_metadata`, `invalid_keys`; ConfigurationError `invalid_option`,
 * `insecure_url`, `reserved_parameter`, `unsupported_by_server`
 * @see OpenID Connect Client-Initiated Backchannel Authentication Core 1.0
 *
 * @example
 * ```ts
 * import { backchannelAuthenticationGrant, type Client } from 'relier'
 *
 * export const ask = (client: Client, phone: string) =>
 *   backchannelAuthenticationGrant(client, { loginHint: phone, bindingMessage: 'Till 4, 12.80' })
 * ```
 */
export async function backchannelAuthenticationGrant(
  client: Client,
  options: BackchannelAuthenticationOptions,
): Promise<TokenSet> {
  const context = contextOf(client);
  requireOptions(options);
  const { scope = 'openid', signal } = options;
  const elapsed = stopwatch(context.clock);
  const { authReqId, ...polling } = await start(context, { ...options, scope });
  const issued = await pollForTokens(context, { ...polling, elapsed, signal }, () =>
    requestGrant(
      context,
      'urn:openid:params:grant-type:ciba',
      { auth_req_id: authReqId },
      { signal },
    ),
  );
  checksOf('token_response', context.trace)('id_token', !!issued.issued.id_token);
  return identifiedTokenSet(context, issued, { ...options, scope }, {}, signal);
}

const shape = {
  members: { auth_req_id: text, expires_in: amount, interval: () => false },
  required: 'auth_req_id expires_in',
};

async function start(context: ClientContext, options: BackchannelAuthenticationOptions) {
  const { idTokenHint, loginHint, loginHintToken, requestedExpiry, signal } = options;
  if ([idTokenHint, loginHint, loginHintToken].filter((hint) => hint !== undefined).length !== 1) {
    throw invalidOption('loginHint', 'or idTokenHint or loginHintToken must be given, just one');
  }
  const parameters = new URLSearchParams();
  addTexts(parameters, options, [
    'scope',
    'loginHint',
    'idTokenHint',
    'loginHintToken',
    'bindingMessage',
    'userCode',
    'acrValues',
  ]);
  if (!parameters.get('scope')?.split(' ').includes('openid')) {
    throw invalidOption('scope', 'must have openid in it');
  }
  if (requestedExpiry !== undefined) {
    if (!Number.isSafeInteger(requestedExpiry) || requestedExpiry < 1) {
      throw invalidOption('requestedExpiry', 'must be a whole number of seconds from 1 on');
    }
    parameters.set('requested_expiry', `${requestedExpiry}`);
  }
  for (const uri of requireResources(options.resource)) parameters.append('resource', uri);
  addExtraParameters(parameters, options.extraParameters);

  const subject = 'backchannel_authentication_response';
  return callEndpoint(
    context,
    { subject, shape, endpoint: 'backchannel_authentication_endpoint', signal },
    ({ server, client, authentication, http }) =>
      backchannelAuthenticationRequest(server, client, authentication, parameters, http),
    async ({ client, response, server }) => {
      const { auth_req_id, expires_in, interval } = await processBackchannelAuthenticationResponse(
        server,
        client,
        response,
      );
      return {
        authReqId: auth_req_id,
        expiresInSeconds: expires_in,
        intervalSeconds: interval,
      };
    },
  );
}
