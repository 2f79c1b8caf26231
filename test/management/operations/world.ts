import {
  apiToken,
  createManagementClient,
  type ManagementClient,
} from '../../../src/management/index.ts';
import { type Okta, startOkta } from '../../support/okta/okta.ts';
import type { App, AuthorizationServer } from '../../support/okta/types.ts';
import { rsaKey } from './keys.ts';
import type { Ids } from './row.ts';

/** An org in which there is one of everything. */
export interface World {
  readonly okta: Okta;
  readonly ids: Ids;
  /** With the org's API token, and without a second try. */
  readonly client: ManagementClient;
  readonly server: AuthorizationServer;
  readonly app: App;
}

/** One org for each test: what a test leaves behind is none of the next one's business. */
export async function createWorld(): Promise<World> {
  const okta = await startOkta();
  const at = okta.atConsole;
  const named = (...change: Parameters<typeof at>) => at(...change) as { readonly id: string };
  const { id: authServerId } = named('createAuthorizationServer', {}, server('Orders'));
  const { id: associatedServerId } = named('createAuthorizationServer', {}, server('Stock'));
  at('createAssociatedServers', { authServerId }, { trusted: [associatedServerId] });
  const inServer = { authServerId };
  const { id: scopeId } = named('createOAuth2Scope', inServer, { name: 'orders:read' });
  const { id: claimId } = named('createOAuth2Claim', inServer, claim);
  const { id: policyId } = named('createAuthorizationServerPolicy', inServer, policy);
  const inPolicy = { authServerId, policyId };
  const { id: ruleId } = named('createAuthorizationServerPolicyRule', inPolicy, rule);
  const clientId = '0oaWebApp';
  const [tokenId = ''] = okta.addRefreshTokens(authServerId, clientId, 2);

  const app = okta.addApp();
  const appId = app.id;
  at('createOAuth2ClientSecret', { appId });
  const { id: secretId } = named('createOAuth2ClientSecret', { appId });
  at('addJwk', { appId }, { ...rsaKey, kid: 'first' });
  const { id: keyId } = named('addJwk', { appId }, { ...rsaKey, kid: 'second' });

  return {
    okta,
    ids: {
      authServerId,
      associatedServerId,
      scopeId,
      claimId,
      policyId,
      ruleId,
      clientId,
      tokenId,
      appId,
      secretId,
      keyId,
    },
    client: createManagementClient({
      orgUrl: okta.origin,
      auth: apiToken(okta.apiToken),
      retry: false,
    }),
    server: okta.org.servers.get(authServerId) as AuthorizationServer,
    app,
  };
}

function server(name: string) {
  return { name, audiences: [`https://${name.toLowerCase()}.example.com`], description: name };
}

const claim = {
  name: 'department',
  claimType: 'RESOURCE',
  valueType: 'EXPRESSION',
  value: 'user.department',
};
const policy = { name: 'Partners', type: 'OAUTH_AUTHORIZATION_POLICY' };
const rule = {
  name: 'Everybody',
  type: 'RESOURCE_ACCESS',
  conditions: {
    people: { groups: { include: ['EVERYONE'] } },
    grantTypes: { include: ['authorization_code'] },
    scopes: { include: ['*'] },
  },
};
