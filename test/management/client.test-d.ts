import { describe, expectTypeOf, it } from 'vitest';
import type { Session } from '../../src/index.ts';
import {
  type AuthorizationServer,
  accessToken,
  apiToken,
  type ClientSecret,
  type List,
  type ManagementAuth,
  type ManagementClient,
  type oktaServiceApp,
  type Page,
  type RefreshToken,
  type Scope,
} from '../../src/management/index.ts';

const okta = {} as ManagementClient;
const { applications, authorizationServers } = okta;

describe('the client', () => {
  it('takes tokens from whoever has them', () => {
    expectTypeOf(apiToken).returns.toExtend<ManagementAuth>();
    expectTypeOf(accessToken).returns.toExtend<ManagementAuth>();
    expectTypeOf<Session>().toExtend<ManagementAuth>();
    expectTypeOf<ReturnType<typeof oktaServiceApp>>().toExtend<ManagementAuth>();
    expectTypeOf<string>().not.toExtend<ManagementAuth>();
    expectTypeOf({ getAccessToken: () => 'token' }).not.toExtend<ManagementAuth>();
  });

  it('has lists that are read in three ways', async () => {
    const list = authorizationServers.scopes.list('default', { q: 'a', limit: 5 });
    expectTypeOf(list).toEqualTypeOf<List<Scope>>();
    expectTypeOf(list.toArray()).resolves.toEqualTypeOf<Scope[]>();
    for await (const scope of list) expectTypeOf(scope).toEqualTypeOf<Scope>();
    for await (const page of list.pages()) {
      expectTypeOf(page).toEqualTypeOf<Page<Scope>>();
      expectTypeOf(page.after).toEqualTypeOf<string | undefined>();
    }
  });

  it('has the parameters of each query, and no others', () => {
    authorizationServers.associatedServers.list('default', { trusted: true });
    authorizationServers.clients.tokens.list('default', 'client', { expand: 'scope' });
    // @ts-expect-error claims come in one page
    authorizationServers.claims.list('default', { limit: 5 });
    // @ts-expect-error servers have no filter
    authorizationServers.list({ filter: 'x' });
    // @ts-expect-error nothing else is expanded
    void authorizationServers.clients.tokens.get('default', 'c', 't', { expand: 'user' });
  });

  it('answers with what the operation answers with', () => {
    expectTypeOf(authorizationServers.deactivate).returns.resolves.toBeVoid();
    expectTypeOf(authorizationServers.clients.tokens.revokeAll).returns.resolves.toBeVoid();
    expectTypeOf(applications.secrets.deactivate).returns.resolves.toEqualTypeOf<ClientSecret>();
    expectTypeOf(authorizationServers.associatedServers.create).returns.resolves.toEqualTypeOf<
      readonly AuthorizationServer[]
    >();
    expectTypeOf(
      authorizationServers.clients.tokens.get,
    ).returns.resolves.toEqualTypeOf<RefreshToken>();
    // Without a secret, Okta makes one.
    expectTypeOf(applications.secrets.create).toBeCallableWith('app');
  });
});
