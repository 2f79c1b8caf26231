import {
  createAuthorizationRequest,
  createClient,
  createLogoutRequest,
  createSession,
  handleAuthorizationResponse,
  memoryStore,
} from 'relier';
import { fingerprint } from '../../spa/src/fingerprint.ts';
import {
  authorization,
  callbackPath,
  clientOptions,
  type PageConfig,
} from '../../spa/src/settings.ts';
import { ada } from '../provider/accounts.ts';
import { createUserAgent } from '../user-agent.ts';
import { fetchAs, pageFile } from './page-files.ts';
import type { Step } from './step.ts';

export const webPage: Step = {
  title: 'Web page',
  story: 'A page is fetched, and its client signs in, calls, refreshes, comes back and signs out.',

  async run({ pageOrigin }, { say, trace }) {
    const script = await pageFile(pageOrigin, '/src/main.ts', 'text/javascript');
    for (const path of ['/', callbackPath]) await pageFile(pageOrigin, path, 'text/html');
    say('page', `${pageOrigin}, script of ${Math.round(script.length / 1000)} kB, CSP in place`);

    // What follows needs no window: the page does the same by way of `relier/browser`.
    const config: PageConfig = JSON.parse(
      await pageFile(pageOrigin, '/config.json', 'application/json'),
    );
    const redirectUri = `${pageOrigin}${callbackPath}`;
    const client = createClient({ ...clientOptions(config), fetch: fetchAs(pageOrigin), trace });
    const session = createSession({
      client,
      store: memoryStore(),
      resources: [{ url: config.apiUrl, resource: config.apiUrl }],
    });
    const person = createUserAgent();

    async function signIn(prompt?: 'none'): Promise<void> {
      const asked = { ...authorization(config), redirectUri, ...(prompt && { prompt }) };
      const { transaction, url } = await createAuthorizationRequest(client, asked);
      const response = await person.signIn(url, ada);
      const { tokens } = await handleAuthorizationResponse(client, transaction, response);
      await session.establish(tokens);
    }

    await signIn();
    say('signed in', `as ${session.current().claims?.['name']}`);
    const response = await session.fetch(config.apiUrl);
    if (!response.ok) throw new Error(`The API answered ${response.status}.`);
    say('api', (await response.json()).message);

    const before = await fingerprint(await session.getAccessToken());
    const after = await fingerprint(await session.getAccessToken({ force: true }));
    if (before === after) throw new Error('The access token did not change.');
    say('refreshed', `the access token changed from ${before} to ${after}`);

    await session.signOut();
    await signIn('none');
    say('silently', `${session.current().claims?.['name']} again, without a question`);

    const { idTokenHint } = await session.signOut();
    const { url } = await createLogoutRequest(client, {
      ...(idTokenHint !== undefined && { idTokenHint }),
      postLogoutRedirectUri: redirectUri,
    });
    const landing = await person.signOut(url);
    await pageFile(landing.origin, landing.pathname, 'text/html');
    if (session.current().status !== 'signedOut') throw new Error('The session goes on.');
    say('signed out', `at the provider, and back at ${landing.origin}${landing.pathname}`);
  },
};
