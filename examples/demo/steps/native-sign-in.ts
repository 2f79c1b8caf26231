import { createClient, refreshTokenGrant } from 'relier';
import { signInWithLoopback } from 'relier/node';
import { callApi } from '../api-call.ts';
import * as clients from '../clients.ts';
import { ada } from '../provider/accounts.ts';
import { describeTokens } from '../transcript.ts';
import { createUserAgent } from '../user-agent.ts';
import type { Step } from './step.ts';

export const nativeSignIn: Step = {
  title: 'Native app',
  story: 'A desktop app signs a person in with the browser and a loopback redirect.',

  async run({ issuer, apiUrl }, { say, trace }) {
    const client = createClient({
      issuer,
      clientId: clients.nativeApp.client_id,
      allowInsecureRequests: 'loopback',
      trace,
    });

    let page = Promise.resolve('');
    const tokens = await signInWithLoopback(client, {
      scope: 'openid profile email reports:read',
      resource: apiUrl,
      // An app leaves this out, and the system's browser opens. Here a script plays the person.
      openBrowser: (url) => {
        page = signInAsAda(url);
      },
    });
    say('browser', `${ada.username} signed in, allowed access and reads “${await page}”`);
    say('tokens', await describeTokens(tokens));
    say('claims', `sub ${tokens.claims?.sub}, ${tokens.claims?.['name']}`);
    say('api', await callApi(apiUrl, tokens));
    say('refreshed', await describeTokens(await refreshTokenGrant(client, tokens)));
  },
};

/** What the browser shows at the end. */
async function signInAsAda(url: URL): Promise<string> {
  const person = createUserAgent();
  const { body } = await person.open(await person.signIn(url, ada));
  return /<p>([^<]*)/.exec(body)?.[1] ?? body;
}
