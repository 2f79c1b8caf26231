import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type AuthorizationRequestOptions,
  createAuthorizationRequest,
  par,
} from '../../src/index.ts';
import { type HostileProvider, startHostileProvider } from '../support/hostile-provider/index.ts';
import { hostileCallback, hostileClient } from '../support/relying-party.ts';

let op: HostileProvider;
beforeAll(async () => {
  op = await startHostileProvider({ pushedAuthorization: true });
});
afterAll(() => op.close());

const claims = { id_token: { acr: { essential: true, values: ['gold'] } } };
const authorizationDetails = [{ type: 'payment', amount: '12.80' }];

/** Every option, its name on the wire, and what stands there. */
const table: [option: Partial<AuthorizationRequestOptions>, name: string, value: string][] = [
  [{ scope: 'openid email' }, 'scope', 'openid email'],
  [{ responseMode: 'form_post' }, 'response_mode', 'form_post'],
  [{ prompt: 'login consent' }, 'prompt', 'login consent'],
  [{ maxAge: 0 }, 'max_age', '0'],
  [{ loginHint: 'ada@example.org & co' }, 'login_hint', 'ada@example.org & co'],
  [{ idTokenHint: 'a.b.c' }, 'id_token_hint', 'a.b.c'],
  [{ acrValues: 'gold silver' }, 'acr_values', 'gold silver'],
  [{ uiLocales: 'fr-CA fr' }, 'ui_locales', 'fr-CA fr'],
  [{ display: 'popup' }, 'display', 'popup'],
  [{ claims }, 'claims', JSON.stringify(claims)],
  [{ resource: 'https://api.example/' }, 'resource', 'https://api.example/'],
  [{ authorizationDetails }, 'authorization_details', JSON.stringify(authorizationDetails)],
  // Okta's own, in its own spelling.
  [{ idp: '0oa62bfdjnK55Z5x80h7' }, 'idp', '0oa62bfdjnK55Z5x80h7'],
  [{ idpScope: 'profile openid' }, 'idp_scope', 'profile openid'],
  [{ sessionToken: '20111ZMY' }, 'sessionToken', '20111ZMY'],
  [{ extraParameters: { kc_idp_hint: 'google' } }, 'kc_idp_hint', 'google'],
];

describe('an option of an authorization request', () => {
  it.each(table)('%o is %s in the address', async (option, name, value) => {
    const client = hostileClient(op);
    const request = { redirectUri: hostileCallback, ...option };
    const { url } = await createAuthorizationRequest(client, request);
    expect(url.searchParams.getAll(name)).toEqual([value]);
  });

  it('is several parameters for several resources', async () => {
    const resource = ['https://a.example/', 'https://b.example/'];
    const { transaction, url } = await createAuthorizationRequest(hostileClient(op), {
      redirectUri: hostileCallback,
      resource,
    });
    expect(url.searchParams.getAll('resource')).toEqual(resource);
    expect(transaction.resource).toEqual(resource);
  });

  it('is in nobody’s address when it is pushed', async () => {
    const client = hostileClient(op, { pushedAuthorization: par() });
    const options = Object.assign({}, ...table.map(([option]) => option)) as object;
    op.reset();
    const { expiresAt, url } = await createAuthorizationRequest(client, {
      redirectUri: hostileCallback,
      ...options,
    });
    expect([...url.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri']);
    expect(expiresAt).toBeGreaterThan(0);
    const pushed = new Map(op.requests.find(({ endpoint }) => endpoint === 'par')?.params);
    for (const [, name, value] of table) expect(pushed.get(name), name).toBe(value);
  });

  it.each(['state', 'nonce', 'code_challenge', 'sessionToken', 'request_uri', 'claims'])(
    'cannot be %s by way of extraParameters',
    async (name) => {
      const work = createAuthorizationRequest(hostileClient(op), {
        redirectUri: hostileCallback,
        sessionToken: 'x',
        extraParameters: { [name]: 'x' },
      });
      await expect(work).rejects.toMatchObject({ code: 'reserved_parameter', option: name });
    },
  );
});
