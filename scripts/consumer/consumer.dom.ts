// A consumer's first file for a page.
import { createClient } from 'relier';
import {
  type BrowserSession,
  createBrowserSession,
  popup,
  redirect,
  type SignInResult,
  silent,
} from 'relier/browser';

const session: BrowserSession = createBrowserSession({
  client: createClient({ issuer: 'https://issuer.example', clientId: 'consumer' }),
  redirectUri: 'https://app.example/callback',
  renew: silent(),
});

export async function signIn(): Promise<SignInResult | null> {
  const here: SignInResult = await session.signIn({ via: popup({ width: 400 }), returnTo: '/' });
  const gone: null = await session.signIn({ via: redirect() });
  const usual: null = await session.signIn();
  return here ?? gone ?? usual;
}

// @ts-expect-error What nobody sees cannot sign out at the provider.
export const signedOut = session.signOut({ via: silent() });

// @ts-expect-error What needs a click cannot renew.
createBrowserSession({ client: session, redirectUri: '', renew: popup() });
