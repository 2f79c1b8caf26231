import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type Client,
  clientSecret,
  clientSecretPost,
  createLogoutRequest,
  deviceAuthorizationGrant,
  handleBackchannelLogout,
  introspectToken,
  registerClient,
  validateAccessToken,
} from '../../src/index.ts';
import {
  postClient,
  postLogoutRedirectUri,
  type RunningProvider,
  redirectUri,
  startOpenIdProvider,
} from '../support/openid-provider.ts';
import { createPollingClock, timeoutMs } from '../support/polling-clock.ts';
import { asAda, failureOf, localClient, signIn } from '../support/relying-party.ts';
import { ada, createUserAgent } from '../support/user-agent.ts';

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';

/** The part of the provider that plays the person at the other device. */
interface DeviceCodes {
  DeviceCode: {
    findByUserCode(
      userCode: string,
    ): Promise<Record<string, unknown> & { save(): Promise<string> }>;
  };
}

let provider: RunningProvider;
let device: Client;
let post: Client;
const ended: unknown[] = [];
const answers: number[] = [];
beforeAll(async () => {
  provider = await startOpenIdProvider({
    clients: [
      {
        ...postClient,
        introspection_signed_response_alg: 'RS256',
        backchannel_logout_uri: 'https://rp.example/logout',
        backchannel_logout_session_required: true,
      },
      {
        client_id: 'device-client',
        token_endpoint_auth_method: 'none',
        grant_types: [DEVICE, 'refresh_token'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    // Delivered without a network.
    fetch: async (url, init) => {
      const response = await handleBackchannelLogout(
        post,
        new Request(url, { ...init, dispatcher: undefined } as RequestInit),
        {
          endSession: ({ sid }) => void ended.push(sid),
        },
      );
      answers.push(response.status);
      return response;
    },
    features: {
      deviceFlow: { enabled: true },
      registration: { enabled: true },
      jwtIntrospection: { enabled: true },
      backchannelLogout: { enabled: true },
    },
  });
  post = localClient(provider.issuer, {
    clientId: postClient.client_id,
    authentication: clientSecretPost(postClient.client_secret),
  });
});
beforeEach(() => {
  ended.length = 0;
  answers.length = 0;
});
afterAll(() => provider.close());

describe('the device grant, at a real provider', () => {
  const decide = async (userCode: string, decision: Record<string, unknown>) => {
    const { DeviceCode } = provider.provider as unknown as DeviceCodes;
    const code = await DeviceCode.findByUserCode(userCode.replace(/\W/g, ''));
    await Object.assign(code, decision).save();
  };
  const polling = () => {
    const clock = createPollingClock();
    clock.setWall(Date.now());
    device = localClient(provider.issuer, { clientId: 'device-client', clock, timeoutMs });
    return clock;
  };

  it('brings verified tokens when the person has agreed', async () => {
    const clock = polling();
    const tokens = await deviceAuthorizationGrant(device, {
      scope: 'openid profile',
      prompt: async ({ userCode }) => {
        const grant = new provider.provider.Grant({ accountId: 'ada', clientId: 'device-client' });
        grant.addOIDCScope('openid profile');
        const grantId = await grant.save();
        const agreed = {
          accountId: 'ada',
          grantId,
          scope: 'openid profile',
          authTime: 1,
          claims: {},
        };
        await decide(userCode, agreed);
      },
    });
    expect(tokens.claims).toMatchObject({ sub: 'ada', aud: 'device-client' });
    expect(clock.pauses).toEqual([5_200]);
  });

  it('ends when the person has refused', async () => {
    polling();
    const work = deviceAuthorizationGrant(device, {
      prompt: ({ userCode }) => decide(userCode, { error: 'access_denied' }),
    });
    expect(await failureOf(work)).toMatchObject({ code: 'oauth_error', error: 'access_denied' });
  });

  it('ends when nobody has decided', async () => {
    const clock = polling();
    const work = deviceAuthorizationGrant(device, { prompt: () => {} });
    expect(await failureOf(work)).toMatchObject({ code: 'timeout' });
    expect(clock.pauses.length).toBeGreaterThan(10);
  });
});

describe('registration, at a real provider', () => {
  it('brings a client that signs people in', async () => {
    const unknown = localClient(provider.issuer, { clientId: 'not registered yet' });
    const registered = await registerClient(unknown, { redirect_uris: [redirectUri] });
    const client = localClient(provider.issuer, {
      clientId: registered.client_id,
      authentication: clientSecret(registered.client_secret as string),
    });
    expect((await signIn(client, asAda)).tokens.claims?.aud).toBe(registered.client_id);
  });

  it('passes on why it is refused', async () => {
    const unknown = localClient(provider.issuer, { clientId: 'not registered yet' });
    expect(await failureOf(registerClient(unknown, { redirect_uris: ['no'] }))).toMatchObject({
      code: 'oauth_error',
      error: 'invalid_redirect_uri',
    });
  });
});

describe('tokens, at a real provider', () => {
  it('are introspected by a signed answer', async () => {
    const { tokens } = await signIn(post, asAda);
    const found = await introspectToken(post, tokens.accessToken, { signedAnswer: true });
    expect(found).toMatchObject({ active: true, sub: 'ada' });
    expect((await introspectToken(post, 'made-up', { signedAnswer: true })).active).toBe(false);
  });

  it('are validated by the API that they are for', async () => {
    const resource = 'https://api.example/reports';
    const { tokens } = await signIn(post, asAda, { scope: 'openid reports:read', resource });
    const found = await validateAccessToken(post, tokens.accessToken, {
      audience: resource,
      requireScopes: ['reports:read'],
    });
    expect(found).toMatchObject({ subject: 'ada', clientId: postClient.client_id });
  });
});

describe('back-channel logout, at a real provider', () => {
  it('ends the session that the ID token named', async () => {
    const browser = createUserAgent();
    const { tokens } = await signIn(post, (url) => browser.signIn(url, ada));
    const { url } = await createLogoutRequest(post, {
      idTokenHint: tokens.idToken,
      postLogoutRedirectUri,
    });
    await browser.signOut(url);
    expect(answers).toEqual([200]);
    expect(ended).toEqual([tokens.claims?.['sid']]);
    expect(tokens.claims?.['sid']).toBeTypeOf('string');
  });
});
