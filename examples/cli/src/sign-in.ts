import type { StepUpRequiredError, TokenSet } from 'relier';
import { signInWithDevice, signInWithLoopback } from 'relier/node';
import type { App } from './app.ts';

export interface SignInOptions {
  /** With a code, on another device. */
  readonly device?: boolean | undefined;
  /** Says where to go, and opens nothing. */
  readonly noBrowser?: boolean | undefined;
  /** What an API has asked for. */
  readonly stepUp?: StepUpRequiredError | undefined;
}

/** Asks the person to sign in, and keeps the session. */
export async function signIn(app: App, options: SignInOptions = {}): Promise<TokenSet> {
  const { session } = app;
  const tokens = options.device ? await byDevice(app) : await byBrowser(app, options);
  await session.establish(tokens, options.stepUp ? { stepUp: options.stepUp } : {});
  return tokens;
}

const scope = 'openid profile offline_access reports:read';

function byDevice({ client, settings, signal }: App): Promise<TokenSet> {
  return signInWithDevice(client, { scope, resource: settings.apiUrl, signal });
}

function byBrowser(
  { client, settings, signal }: App,
  { noBrowser, stepUp }: SignInOptions,
): Promise<TokenSet> {
  const show = (url: URL) => console.error(`Open this address to sign in:\n\n    ${url}\n`);
  const { acrValues, maxAge } = stepUp ?? {};
  return signInWithLoopback(client, {
    scope,
    resource: settings.apiUrl,
    // Some providers give a refresh token only to who was asked.
    prompt: 'consent',
    ...{ acrValues, maxAge, signal },
    withoutBrowser: show,
    ...(noBrowser && { openBrowser: show }),
  });
}
