import { createPageSession, type PageConfig } from '../page/session.ts';
import { ada } from '../provider/accounts.ts';
import { describeTokens } from '../transcript.ts';
import { createUserAgent } from '../user-agent.ts';
import type { Step } from './step.ts';

export const webPage: Step = {
  title: 'Web page',
  story: 'The page is fetched and its own code signs in, calls, refreshes and signs out.',

  async run({ pageOrigin }, { say, trace }) {
    const page = await get(pageOrigin, 'text/html');
    if (!page.includes('src="/app.js"')) throw new Error('The page does not load its script.');
    const script = await get(`${pageOrigin}/app.js`, 'text/javascript');
    say('page', `${pageOrigin}, script of ${Math.round(script.length / 1000)} kB, CSP in place`);

    const config = JSON.parse(await get(`${pageOrigin}/config.json`, 'application/json'));
    const stored = new Map<string, string>();
    const session = createPageSession({
      config: config as PageConfig,
      transactions: {
        getItem: (key) => stored.get(key) ?? null,
        setItem: (key, value) => void stored.set(key, value),
        removeItem: (key) => void stored.delete(key),
      },
      fetch: fetchAs(pageOrigin),
      trace,
    });

    const person = createUserAgent();
    const response = await person.signIn(await session.startSignIn(), ada);
    await session.finishSignIn(response);
    if (stored.size > 0) throw new Error('The transaction was not removed after its use.');
    say('signed in', `as ${session.tokens()?.claims?.['name']}`);
    say('api', await session.callApi());

    await session.refresh();
    const tokens = session.tokens();
    say('refreshed', tokens ? await describeTokens(tokens) : 'nothing');

    const landing = await person.signOut(await session.startSignOut());
    await get(landing.href, 'text/html');
    if (session.tokens()) throw new Error('The page still holds tokens.');
    say('signed out', `at the provider, and back at ${landing.origin}${landing.pathname}`);
  },
};

/** Fetches one file of the page and makes sure that it comes as the page needs it. */
async function get(url: string, type: string): Promise<string> {
  const response = await fetch(url);
  const received = response.headers.get('content-type') ?? 'nothing';
  const policy = response.headers.get('content-security-policy') ?? '';
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}.`);
  if (!received.startsWith(type)) throw new Error(`${url} is ${received}, not ${type}.`);
  if (!policy.startsWith("default-src 'self'")) throw new Error(`${url} has no strict CSP.`);
  return response.text();
}

/** A fetch that sends an Origin and hides answers without CORS permission, as browsers do. */
function fetchAs(origin: string): typeof fetch {
  return async (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('origin', origin);
    const response = await fetch(input, { ...init, headers });
    const allowed = response.headers.get('access-control-allow-origin');
    if (allowed !== origin && allowed !== '*') throw new TypeError('No CORS permission.');
    return response;
  };
}
