import { deviceAuthorizationRequest, processDeviceAuthorizationResponse } from 'oauth4webapi';
import { abortable } from '../abortable.ts';
import { checksOf } from '../checks.ts';
import { callEndpoint } from '../client/call-endpoint.ts';
import { type Client, type ClientContext, contextOf } from '../client/create-client.ts';
import { stopwatch } from '../clock.ts';
import { addExtraParameters, addTexts, invalidOption, requireResources } from '../options.ts';
import { amount, text } from '../protocol-errors.ts';
import { parseUrl } from '../secure-url.ts';
import { identifiedTokenSet } from '../tokens/identified-token-set.ts';
import type { TokenSet } from '../tokens/token-set.ts';
import { pollForTokens } from './poll-for-tokens.ts';
import { type GrantOptions, requestGrant } from './token-request.ts';

/** What the person has to be told: where to go with another device, and with which code. */
export interface DevicePrompt {
  /** The code to type there. */
  readonly userCode: string;
  /** Where to go; short enough to type. */
  readonly verificationUri: string;
  /** The same with the code in it, for a QR code or a link. */
  readonly verificationUriComplete?: string;
  /** When the code lapses, in milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** What {@link deviceAuthorizationGrant} takes. */
export interface DeviceAuthorizationOptions extends GrantOptions {
  /** Shows the person what to do. Called once; what it throws ends the sign-in. */
  readonly prompt: (prompt: DevicePrompt) => void | Promise<void>;
}

/**
 * Signs a person in who uses another device to do so: on a command line, a television, a machine
 * without a browser. Resolves when the person has decided.
 *
 * @param client the client, with its credentials if it has any.
 * @param options `prompt`; `scope`, `resource`, `extraParameters`, `signal`. What `prompt` throws is
 * passed on as it is.
 * @returns the tokens; an ID token, where the server issued one, is verified.
 * @throws OAuthResponseError `oauth_error` (`error: 'access_denied'`, `'expired_token'`);
 * TimeoutError `timeout` (nobody decided in time); TransportError (also `aborted`); ValidationError
 * `invalid_device_authorization_response`, `invalid_token_response`, `invalid_id_token`,
 * `invalid_metadata`, `invalid_keys`; ConfigurationError `invalid_option`, `insecure_url`,
 * `reserved_parameter`, `unsupported_by_server`
 * @see RFC 8628
 *
 * @example
 * ```ts
 * import { type Client, deviceAuthorizationGrant } from 'relier'
 *
 * export const signIn = (client: Client) =>
 *   deviceAuthorizationGrant(client, {
 *     scope: 'openid',
 *     prompt: ({ userCode, verificationUri }) => {
 *       console.log(`Go to ${verificationUri} and type ${userCode}`)
 *     },
 *   })
 * ```
 */
export async function deviceAuthorizationGrant(
  client: Client,
  options: DeviceAuthorizationOptions,
): Promise<TokenSet> {
  const context = contextOf(client);
  const { prompt, signal } = Object(options) as DeviceAuthorizationOptions;
  if (typeof prompt !== 'function') throw invalidOption('prompt', 'must be a function');
  const elapsed = stopwatch(context.clock);
  const { deviceCode, shown, ...polling } = await start(context, options);
  await abortable(async () => prompt(shown), signal, 'token');
  // Scope and resource belong to the first request; the server remembers them by the code.
  const issued = await pollForTokens(context, { ...polling, elapsed, signal }, () =>
    requestGrant(
      context,
      'urn:ietf:params:oauth:grant-type:device_code',
      { device_code: deviceCode },
      { signal },
    ),
  );
  return identifiedTokenSet(context, issued, options, {}, signal);
}

const shape = {
  members: {
    device_code: text,
    user_code: text,
    verification_uri: text,
    expires_in: amount,
    verification_uri_complete: text,
    interval: () => false,
  },
  required: 'device_code user_code verification_uri expires_in',
};

async function start(context: ClientContext, options: DeviceAuthorizationOptions) {
  const parameters = new URLSearchParams();
  addTexts(parameters, options, ['scope']);
  for (const uri of requireResources(options.resource)) parameters.append('resource', uri);
  addExtraParameters(parameters, options.extraParameters);

  const subject = 'device_authorization_response';
  return callEndpoint(
    context,
    { subject, shape, endpoint: 'device_authorization_endpoint', signal: options.signal },
    ({ server, client, authentication, http }) =>
      deviceAuthorizationRequest(server, client, authentication, parameters, http),
    async (answer) => {
      const { client, response, server } = answer;
      const started = await processDeviceAuthorizationResponse(server, client, response);
      const { user_code, verification_uri, verification_uri_complete } = started;
      const check = checksOf(subject, context.trace);
      // They are shown on terminals, clicked on and drawn as QR codes.
      check('user_code', isShowable(user_code));
      check('verification_uri', isWebAddress(verification_uri));
      check(
        'verification_uri_complete',
        verification_uri_complete === undefined || isWebAddress(verification_uri_complete),
      );
      return {
        deviceCode: started.device_code,
        expiresInSeconds: started.expires_in,
        intervalSeconds: started.interval,
        shown: Object.freeze({
          userCode: user_code,
          verificationUri: verification_uri,
          ...(verification_uri_complete && { verificationUriComplete: verification_uri_complete }),
          expiresAt: answer.sentAt + started.expires_in * 1000,
        }),
      };
    },
  );
}

function isWebAddress(uri: string): boolean {
  return isShowable(uri) && /^https?:$/.test(parseUrl(uri)?.protocol ?? '');
}

/** No control characters, with which a text could rewrite what stands around it. */
function isShowable(text: string): boolean {
  return /^[^\p{Cc}\p{Cf}]{1,2000}$/u.test(text);
}
