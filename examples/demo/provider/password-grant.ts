import type { Context, Provider, errors as ProviderErrors } from 'oidc-provider';
import { type Account, claimsOf } from './accounts.ts';

/**
 * oidc-provider leaves the password grant to its users, rightly: it is here because many
 * companies' servers still offer it.
 */
export function addPasswordGrant(
  provider: Provider,
  errors: typeof ProviderErrors,
  accounts: readonly Account[],
  resourceServer: (resource: string) => Record<string, unknown>,
): void {
  async function passwordGrant(context: Context): Promise<void> {
    const { client, params, requestParamScopes: requested } = context.oidc;
    const account = accounts.find(({ username }) => username === params.username);
    if (!account || account.password !== params.password) {
      throw new errors.InvalidGrant('wrong user name or password');
    }

    const accountId = account.username;
    const grant = new provider.Grant({ accountId, clientId: client.clientId });
    grant.addOIDCScope([...requested].join(' '));
    if (params.resource) grant.addResourceScope(params.resource, [...requested].join(' '));
    const grantId = await grant.save();

    const common = { accountId, client, grantId, gty: 'password', claims: {} };
    const accessToken = new provider.AccessToken(common);
    if (params.resource) {
      const server = new provider.ResourceServer(params.resource, resourceServer(params.resource));
      accessToken.resourceServer = server;
      const known = [...requested].filter((scope) => server.scopes.has(scope));
      accessToken.scope = grant.getResourceScopeFiltered(params.resource, known);
    } else {
      accessToken.scope = grant.getOIDCScopeFiltered(requested);
    }
    context.oidc.entity('AccessToken', accessToken);

    const refreshToken = new provider.RefreshToken({
      ...common,
      authTime: Math.floor(Date.now() / 1000),
      resource: params.resource,
      rotations: 0,
      scope: [...requested].join(' '),
    });

    const idToken = new provider.IdToken(claimsOf(account), { ctx: context });
    idToken.scope = grant.getOIDCScopeFiltered(requested);

    context.body = {
      access_token: await accessToken.save(),
      token_type: accessToken.tokenType,
      expires_in: accessToken.expiration,
      scope: accessToken.scope,
      ...(client.grantTypeAllowed('refresh_token') && { refresh_token: await refreshToken.save() }),
      ...(requested.has('openid') && { id_token: await idToken.issue({ use: 'idtoken' }) }),
    };
  }

  provider.registerGrantType('password', passwordGrant, [
    'username',
    'password',
    'scope',
    'resource',
  ]);
}
