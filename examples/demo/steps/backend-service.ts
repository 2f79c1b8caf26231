import { clientCredentialsGrant, clientSecretBasic, createClient } from 'relier';
import { callApi } from '../api-call.ts';
import * as clients from '../clients.ts';
import { describeTokens } from '../transcript.ts';
import type { Step } from './step.ts';

export const backendService: Step = {
  title: 'Backend service',
  story: 'A job without a person gets a token of its own and calls the API with it.',

  async run({ issuer, apiUrl }, { say, trace }) {
    const { client_id, client_secret } = clients.backendService;
    const client = createClient({
      issuer,
      clientId: client_id,
      authentication: clientSecretBasic(client_secret),
      allowInsecureRequests: 'loopback',
      trace,
    });

    const tokens = await clientCredentialsGrant(client, {
      scope: 'reports:read',
      resource: apiUrl,
    });
    say('token', await describeTokens(tokens));
    say('api', await callApi(apiUrl, tokens));
  },
};
