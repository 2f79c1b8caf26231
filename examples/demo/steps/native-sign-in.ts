import {
  createAuthorizationRequest,
  createClient,
  handleAuthorizationResponse,
  refreshTokenGrant,
} from 'relier';
import { callApi } from '../api-call.ts';
import * as clients from '../clients.ts';
import { ada } from '../provider/accounts.ts';
import { describeTokens } from '../transcript.ts';
import { createUserAgent } from '../user-agent.ts';
import { waitForCallback } from './loopback.ts';
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

    const loopback = await waitForCallback();
    try {
      const { url, transaction } = await createAuthorizationRequest(client, {
        redirectUri: loopback.redirectUri,
        scope: 'openid profile email reports:read',
        resource: apiUrl,
      });

      // An app would open the system browser here; the demo plays the person in front of it.
      const person = createUserAgent();
      const shown = await person.open(await person.signIn(url, ada));
      say('browser', `${ada.username} signed in, allowed access and reads “${shown.body}”`);

      const { tokens } = await handleAuthorizationResponse(
        client,
        transaction,
        await loopback.callback,
      );
      say('tokens', await describeTokens(tokens));
      say('claims', `sub ${tokens.claims?.sub}, ${tokens.claims?.['name']}`);
      say('api', await callApi(apiUrl, tokens));
      say('refreshed', await describeTokens(await refreshTokenGrant(client, tokens)));
    } finally {
      await loopback.close();
    }
  },
};
