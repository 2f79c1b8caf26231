import { describe, expect, it } from 'vitest';
import { createClient, createLogoutRequest } from '../../src/index.ts';
import { startHostileProvider } from '../support/hostile-provider/index.ts';
import { hostileClient, signInAt } from '../support/relying-party.ts';

const issuer = 'https://login.example';

describe('a logout request', () => {
  const client = createClient({
    issuer,
    clientId: 'app',
    discovery: false,
    metadata: { end_session_endpoint: `${issuer}/logout?tenant=a` },
  });

  it('names the client, and keeps a query of the endpoint', async () => {
    const { url, form } = await createLogoutRequest(client);
    expect(url.href).toBe(`${issuer}/logout?tenant=a&client_id=app`);
    expect(form).toEqual({ action: `${issuer}/logout?tenant=a`, fields: { client_id: 'app' } });
  });

  it('writes every option under its name on the wire, in both forms', async () => {
    const { url, form } = await createLogoutRequest(client, {
      idTokenHint: 'a.b.c',
      logoutHint: 'ada',
      postLogoutRedirectUri: 'com.example.app:/bye',
      state: 's & t',
      uiLocales: 'de en',
      extraParameters: { federated: 'true' },
    });
    const fields = {
      client_id: 'app',
      id_token_hint: 'a.b.c',
      logout_hint: 'ada',
      post_logout_redirect_uri: 'com.example.app:/bye',
      state: 's & t',
      ui_locales: 'de en',
      federated: 'true',
    };
    expect(form.fields).toEqual(fields);
    expect(Object.fromEntries(url.searchParams)).toEqual({ tenant: 'a', ...fields });
  });

  it('ends the session at a provider by form, too', async () => {
    const op = await startHostileProvider({ logout: true });
    const { tokens } = await signInAt(op);
    const { form } = await createLogoutRequest(hostileClient(op), {
      idTokenHint: tokens.idToken,
      postLogoutRedirectUri: 'https://rp.example/signed-out',
      state: 'bye',
    });
    const page = await op.visit({ action: form.action, fields: { ...form.fields } });
    await op.close();
    expect(page.location).toBe('https://rp.example/signed-out?state=bye');
    expect(op.violations).toEqual([]);
  });
});
