import { isOpenId } from '../authorization/transaction.ts';
import { checksOf } from '../checks.ts';
import { type Client, contextOf } from '../client/create-client.ts';
import {
  type DeviceAuthorizationOptions,
  deviceAuthorizationGrant,
} from '../flows/device-authorization.ts';
import { requireOptions } from '../options.ts';
import type { TokenSet } from '../tokens/token-set.ts';
import { terminalPrompt } from './terminal-prompt.ts';

/** What {@link signInWithDevice} takes. */
export interface DeviceSignInOptions extends Omit<DeviceAuthorizationOptions, 'prompt'> {
  /**
   * The scope to ask for, space-separated. With `openid`, an ID token has to come.
   * @default 'openid'
   */
  readonly scope?: string | undefined;
  /**
   * Shows the person what to do. Called once; what it throws ends the sign-in.
   * @default terminalPrompt()
   */
  readonly prompt?: DeviceAuthorizationOptions['prompt'] | undefined;
}

/**
 * Signs a person in from a terminal whose machine has no browser, such as one at the other end of
 * SSH: the person types a short code on a device that has one. A network that goes away in the middle
 * is asked again when it is back, as long as the code is good.
 *
 * @param client the client; a native one has no secret.
 * @param options those of `deviceAuthorizationGrant`: `scope`, `prompt`, `resource`,
 * `extraParameters`, `signal`.
 * @returns the tokens, every check passed.
 * @throws what `deviceAuthorizationGrant` does (OAuthResponseError `oauth_error` with `error:
 * 'access_denied'` where the person says no; TimeoutError `timeout` where nobody decides)
 * @see RFC 8628
 *
 * @example
 * ```ts
 * import { createClient } from 'relier'
 * import { signInWithDevice } from 'relier/node'
 *
 * const client = createClient({ issuer: 'https://login.example.com', clientId: 'my-app' })
 * const tokens = await signInWithDevice(client, { scope: 'openid offline_access' })
 * console.log(`Signed in as ${tokens.claims?.sub}`)
 * ```
 */
export async function signInWithDevice(
  client: Client,
  options: DeviceSignInOptions = {},
): Promise<TokenSet> {
  const { trace } = contextOf(client);
  requireOptions(options);
  const { prompt = terminalPrompt(), scope = 'openid' } = options;
  const tokens = await deviceAuthorizationGrant(client, { ...options, prompt, scope });
  checksOf('token_response', trace)('id_token', !!tokens.idToken || !isOpenId(scope));
  return tokens;
}
