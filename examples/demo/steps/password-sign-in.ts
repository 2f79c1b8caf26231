import {
  clientSecretPost,
  createClient,
  fetchUserInfo,
  introspectToken,
  passwordGrant,
  refreshTokenGrant,
  revokeToken,
} from 'relier';
import { fingerprint } from '../../spa/src/fingerprint.ts';
import * as clients from '../clients.ts';
import { ada } from '../provider/accounts.ts';
import { describeTokens } from '../transcript.ts';
import type { Step } from './step.ts';

export const passwordSignIn: Step = {
  title: 'Password sign-in',
  story: 'An older application asks for the password itself, refreshes, and signs out.',

  async run({ issuer }, { say, trace }) {
    const { client_id, client_secret } = clients.passwordApp;
    const client = createClient({
      issuer,
      clientId: client_id,
      authentication: clientSecretPost(client_secret),
      allowInsecureRequests: 'loopback',
      trace,
    });

    const tokens = await passwordGrant(client, {
      username: ada.username,
      password: ada.password,
      scope: 'openid profile email',
    });
    say('tokens', await describeTokens(tokens));
    const person = await fetchUserInfo(client, tokens);
    say('person', `${person['name']}, ${person['email']}`);

    const renewed = await refreshTokenGrant(client, tokens);
    if (!tokens.refreshToken || !renewed.refreshToken) throw new Error('No refresh token came.');
    const before = await fingerprint(tokens.refreshToken);
    const after = await fingerprint(renewed.refreshToken);
    if (before === after) throw new Error('The refresh token did not change.');
    say('refreshed', `the refresh token changed from ${before} to ${after}`);

    await revokeToken(client, renewed.refreshToken, { tokenTypeHint: 'refresh_token' });
    const { active } = await introspectToken(client, renewed.accessToken);
    if (active) throw new Error('The access token outlived the revocation.');
    say('revoked', 'the server says that the tokens are no longer active');
  },
};
