import { createHash } from 'node:crypto';
import {
  calculateJwkThumbprint,
  decodeJwt,
  decodeProtectedHeader,
  EmbeddedJWK,
  type JWK,
  jwtVerify,
} from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen } from '../../examples/demo/listen.ts';
import {
  type Client,
  type ClientOptions,
  type Clock,
  createSession,
  dpop,
  encryptedStore,
  memoryStore,
  refreshTokenGrant,
  type SessionEvent,
  type SessionStore,
  systemClock,
} from '../../src/index.ts';
import {
  publicClient,
  type RunningProvider,
  startOpenIdProvider,
} from '../support/openid-provider.ts';
import { asAda, type Browser, failureOf, localClient, signIn } from '../support/relying-party.ts';
import { until } from '../support/turns.ts';
import { createUserAgent, grace } from '../support/user-agent.ts';

const clientId = publicClient.client_id;
const offline = { scope: 'openid profile offline_access', prompt: 'consent' };
const lifetimeSeconds = 60;

let op: RunningProvider;
beforeAll(async () => {
  op = await startOpenIdProvider({
    accessTokenTtlSeconds: lifetimeSeconds,
    features: { dPoP: { enabled: true } },
  });
});
afterAll(() => op.close());

/** The real time, which can be made to pass. */
function skippingClock() {
  let skipped = 0;
  const clock: Clock = {
    ...systemClock,
    now: () => systemClock.now() + skipped,
    monotonic: () => systemClock.monotonic() + skipped,
  };
  const expire = () => {
    skipped += (lifetimeSeconds + 1) * 1000;
  };
  return { clock, expire };
}

/** Ada signs in for real, and her session begins. */
async function setUp(store: SessionStore = memoryStore(), options: Partial<ClientOptions> = {}) {
  const { clock, expire } = skippingClock();
  const client = localClient(op.issuer, { clientId, clock, ...options });
  const open = (own: Client = client) => createSession({ client: own, store });
  const session = open();
  const events: SessionEvent[] = [];
  session.subscribe((event) => void events.push(event));
  const enter = async (browser: Browser = asAda) => {
    const { tokens } = await signIn(client, browser, offline);
    await session.establish(tokens);
    return tokens;
  };
  const tokens = await enter();
  return { client, clock, enter, events, expire, open, session, tokens };
}

const asGrace: Browser = (url) => createUserAgent().signIn(url, grace);

/** What the provider itself knows of an access token. */
const known = async (token: string) => {
  const { AccessToken } = op.provider as unknown as {
    AccessToken: { find(token: string): Promise<{ jkt?: string } | undefined> };
  };
  return AccessToken.find(token);
};

describe('a session at a real provider', () => {
  it('lives through many rotations', async () => {
    const { events, expire, session, tokens } = await setUp();
    const before = op.count('token');
    const seen = new Set([tokens.accessToken]);
    for (let n = 0; n < 5; n += 1) {
      expire();
      seen.add(await session.getAccessToken());
    }
    expect([seen.size, op.count('token') - before]).toEqual([6, 5]);
    expect(await session.userInfo()).toMatchObject({ sub: 'ada' });
    expect(events.map(({ type }) => type)).toEqual(['signedIn', ...Array(5).fill('refreshed')]);
    expect(session.current()).toMatchObject({ status: 'signedIn', claims: { sub: 'ada' } });
  });

  it('is shared by two contexts on one store, with one request for both', async () => {
    const { expire, open, session } = await setUp();
    const other = open();
    for (let n = 0; n < 3; n += 1) {
      expire();
      const before = op.count('token');
      const callers = [session, other, session, other, session, other];
      const tokens = await Promise.all(callers.map((each) => each.getAccessToken()));
      expect([new Set(tokens).size, op.count('token') - before]).toEqual([1, 1]);
      expect(await known(`${tokens[0]}`)).toBeDefined();
    }
  });

  it('is as safe in an encrypted store', async () => {
    const inner = memoryStore();
    const store = encryptedStore(inner, crypto.getRandomValues(new Uint8Array(32)));
    const { client, expire, open, session, tokens } = await setUp(store);
    expire();
    const token = await session.getAccessToken();
    const key = ['session', op.issuer, clientId, 'default'].join('\n');
    const { value = '' } = (await inner.read(key)) ?? {};
    expect(value).not.toBe('');
    for (const secret of [token, tokens.accessToken, tokens.refreshToken]) {
      expect(value).not.toContain(secret);
    }
    expect(await open().getAccessToken()).toBe(token);
    const blind = createSession({ client, store: inner });
    expect((await blind.restore()).status).toBe('signedOut');
  });

  it('asks for tokens of the API that the sign-in was for', async () => {
    const { expire, session, client } = await setUp();
    const resource = 'https://api.example/reports';
    const scope = `${offline.scope} reports:read`;
    const { tokens } = await signIn(client, asAda, { ...offline, scope, resource });
    await session.establish(tokens);
    expire();
    const token = await session.getAccessToken();
    expect(decodeJwt(token)).toMatchObject({ aud: resource, sub: 'ada', scope: 'reports:read' });
    expect(await session.getAccessToken({ resource })).toBe(token);
  });

  it('is over at the provider after a sign-out', async () => {
    const { client, session, tokens } = await setUp();
    await session.signOut();
    expect(await failureOf(refreshTokenGrant(client, tokens))).toMatchObject({
      error: 'invalid_grant',
    });
    expect(await failureOf(session.getAccessToken())).toMatchObject({
      code: 'interaction_required',
    });
  });

  it('ends by the provider’s verdict, and says so', async () => {
    const { client, events, expire, session, tokens } = await setUp();
    // Somebody has stolen the refresh token, and is faster.
    await refreshTokenGrant(client, tokens);
    expire();
    expect(await failureOf(session.getAccessToken())).toMatchObject({
      code: 'interaction_required',
    });
    expect(events.at(-1)).toMatchObject({
      type: 'signedOut',
      reason: 'ended',
      error: { error: 'invalid_grant' },
      answerLost: false,
    });
  });

  it('of another person takes its place, and the old one is over', async () => {
    const { client, enter, events, session, tokens } = await setUp();
    const before = op.count('revoke');
    await enter(asGrace);
    expect(await session.userInfo()).toMatchObject({ sub: 'grace' });
    expect(events.slice(1)).toMatchObject([{ reason: 'userChanged' }, { via: 'establish' }]);
    await until(() => op.count('revoke') > before);
    expect(await failureOf(refreshTokenGrant(client, tokens))).toMatchObject({
      error: 'invalid_grant',
    });
  });
});

describe('a session whose tokens are bound to a key', () => {
  it('renews them, asks for the person’s data and calls an API with proofs of the key', async () => {
    const { expire, session, tokens } = await setUp(memoryStore(), { dpop: dpop() });
    expect(tokens).toMatchObject({ tokenType: 'DPoP', keyThumbprint: expect.any(String) });
    expire();
    const token = await session.getAccessToken();
    expect(await known(token)).toMatchObject({ jkt: tokens.keyThumbprint });
    expect(await session.userInfo()).toMatchObject({ sub: 'ada' });
  });

  it('sends each API a proof for just that request', async () => {
    const api = await listen('127.0.0.1');
    const proofs: { payload: object; thumbprint: string }[] = [];
    api.serve(async (request, response) => {
      const [scheme, token = ''] = (request.headers.authorization ?? '').split(' ');
      const proof = `${request.headers['dpop']}`;
      const { payload } = await jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt' });
      const thumbprint = await calculateJwkThumbprint(decodeProtectedHeader(proof).jwk as JWK);
      const bound = (await known(token))?.jkt;
      proofs.push({ payload, thumbprint });
      const ath = createHash('sha256').update(token).digest('base64url');
      const isGood = scheme === 'DPoP' && bound === thumbprint && payload['ath'] === ath;
      response.writeHead(isGood ? 200 : 401).end(JSON.stringify({ isGood }));
    });
    try {
      const { client, expire, session, tokens } = await setUp(memoryStore(), { dpop: dpop() });
      const calling = createSession({
        client,
        store: memoryStore(),
        resources: [{ url: `${api.origin}/orders` }],
      });
      await calling.establish((await signIn(client, asAda, offline)).tokens);
      for (let n = 0; n < 2; n += 1) {
        const response = await calling.fetch(`${api.origin}/orders/${n}?page=1`, { method: 'PUT' });
        expect(await response.json()).toEqual({ isGood: true });
        expire();
      }
      expect(proofs).toMatchObject([
        {
          payload: { htm: 'PUT', htu: `${api.origin}/orders/0` },
          thumbprint: tokens.keyThumbprint,
        },
        { payload: { htm: 'PUT', htu: `${api.origin}/orders/1` } },
      ]);
      session.close();
    } finally {
      await api.close();
    }
  });

  it('is not taken over by a context without the key, and stays', async () => {
    const store = memoryStore();
    const { clock, expire, open, session } = await setUp(store, { dpop: dpop() });
    expire();
    const stranger = open(localClient(op.issuer, { clientId, clock, dpop: dpop() }));
    const before = op.count('token');
    expect(await failureOf(stranger.getAccessToken())).toMatchObject({
      code: 'invalid_option',
      option: 'dpop',
    });
    expect(op.count('token')).toBe(before);
    expect(await session.getAccessToken()).toBeTypeOf('string');
    expect(await open().getAccessToken()).toBe(await session.getAccessToken());
  });
});
