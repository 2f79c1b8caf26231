import { OAuth2Client, OAuth2Fetch } from '@badgateway/oauth2-client';
import { InMemoryWebStorage, User, UserManager, WebStorageStateStore } from 'oidc-client-ts';
import { createClient, createSession, memoryStore, type Session } from '../../dist/index.js';
import type { TokenEndpoint } from './provider.ts';

/** A signed-in person, and how to ask for the access token. */
export interface Peer {
  readonly name: string;
  readonly getAccessToken: () => unknown;
}

const HOUR_MS = 3_600_000;

export function reliersClient({ fetch, issuer }: TokenEndpoint) {
  return createClient({
    issuer,
    clientId: 'bench',
    fetch,
    discovery: false,
    metadata: { token_endpoint: `${issuer}/token` },
  });
}

/** Tokens of a sign-in that expire in so many milliseconds. */
export function tokens(livesMs: number) {
  const obtainedAt = Date.now() - HOUR_MS + livesMs;
  return {
    accessToken: 'access-0',
    tokenType: 'Bearer',
    obtainedAt,
    expiresAt: obtainedAt + HOUR_MS,
    scope: '',
    refreshToken: 'refresh-0',
  } as const;
}

export async function relier(endpoint: TokenEndpoint, livesMs: number): Promise<Peer> {
  const session: Session = createSession({
    client: reliersClient(endpoint),
    store: memoryStore(),
  });
  await session.establish(tokens(livesMs));
  return { name: 'relier', getAccessToken: () => session.getAccessToken() };
}

export async function badgateway(endpoint: TokenEndpoint, livesMs: number): Promise<Peer> {
  const { fetch, issuer } = endpoint;
  const wrapper = new OAuth2Fetch({
    client: new OAuth2Client({
      clientId: 'bench',
      tokenEndpoint: `${issuer}/token`,
      fetch,
    }),
    scheduleRefresh: false,
    getStoredToken: () => ({
      accessToken: 'access-0',
      refreshToken: 'refresh-0',
      expiresAt: Date.now() + livesMs,
    }),
    getNewToken: () => null,
  });
  await wrapper.getToken().catch(() => {});
  return { name: '@badgateway/oauth2-client', getAccessToken: () => wrapper.getAccessToken() };
}

export async function oidcClientTs(endpoint: TokenEndpoint, livesMs: number): Promise<Peer> {
  const { issuer } = endpoint;
  const store = new WebStorageStateStore({ store: new InMemoryWebStorage() });
  const manager = new UserManager({
    authority: issuer,
    client_id: 'bench',
    redirect_uri: 'https://app.example/callback',
    userStore: store,
    stateStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
    automaticSilentRenew: false,
    metadata: { issuer, token_endpoint: `${issuer}/token` },
  });
  await manager.storeUser(
    new User({
      access_token: 'access-0',
      refresh_token: 'refresh-0',
      token_type: 'Bearer',
      profile: { sub: 'ada', iss: issuer, aud: 'bench', exp: 0, iat: 0 },
      expires_at: Math.floor((Date.now() + livesMs) / 1000),
    }),
  );
  const getAccessToken = async () => {
    const user = await manager.getUser();
    // It reads its store each time, and refreshes only when told to.
    const living = user?.expired ? await manager.signinSilent() : user;
    return living?.access_token;
  };
  return { name: 'oidc-client-ts', getAccessToken };
}
