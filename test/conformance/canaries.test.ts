import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type ClientOptions,
  clientSecretBasic,
  createClient,
  isRelierError,
} from '../../src/index.ts';
import {
  type HostileProvider,
  publicClient,
  secretsOf,
  startHostileProvider,
} from '../support/hostile-provider/index.ts';
import { createPollingClock, timeoutMs } from '../support/polling-clock.ts';
import { localClient } from '../support/relying-party.ts';
import { json } from '../support/scripted-web.ts';
import { resourceOf } from './kit/acts.ts';
import {
  calls,
  canaries,
  foundIn,
  proofKeySecret,
  speakers,
  type Watched,
  watched,
  watchOutput,
} from './kit/canaries.ts';
import { echoes } from './kit/echoes.ts';
import {
  answers,
  misplaced,
  misplacedCanary,
  misplacements,
  tokensToValidate,
} from './kit/misplaced.ts';

const issuer = 'https://login.example';
const secrets = [...Object.values(canaries), proofKeySecret];

/** The endpoints, and what an honest server says there before the one that echoes is reached. */
const endpoints = {
  token: ['token_endpoint', {}],
  'device-authorization': [
    'device_authorization_endpoint',
    {
      device_code: canaries.deviceCode,
      user_code: 'WDJB-MJHT',
      verification_uri: `${issuer}/go`,
      expires_in: 30,
    },
  ],
  'backchannel-authentication': [
    'backchannel_authentication_endpoint',
    { auth_req_id: canaries.authReqId, expires_in: 30 },
  ],
  par: ['pushed_authorization_request_endpoint', {}],
  userinfo: ['userinfo_endpoint', {}],
  jwks: ['jwks_uri', { keys: [] }],
  introspection: ['introspection_endpoint', {}],
  revocation: ['revocation_endpoint', {}],
  registration: ['registration_endpoint', {}],
  authorization: ['authorization_endpoint', {}],
} as const;
const metadata = Object.fromEntries(
  Object.entries(endpoints).map(([endpoint, [member]]) => [member, `${issuer}/${endpoint}`]),
);
const scripted: ClientOptions = {
  ...{ issuer, clientId: 'app', discovery: false, metadata },
  fetch: async (url) => json(url.endsWith('/jwks') ? { keys: [] } : {}),
};

function expectNothing({ error, isFailed, shown }: Watched, more: readonly string[] = []): void {
  if (isFailed && !isRelierError(error)) throw error;
  expect(foundIn(shown, [...secrets, ...more])).toEqual([]);
}

beforeAll(watchOutput);
afterAll(() => void vi.restoreAllMocks());

describe.each(Object.keys(calls))('the secrets of %s', (name) => {
  const { at, client: more, run } = calls[name] as (typeof calls)[string];

  /** One call, whose request is answered with what `tell` makes of its secrets. */
  async function echoed(
    options: Partial<ClientOptions>,
    echo: (told: string) => Response,
    tell: (sent: string[]) => string,
  ) {
    const sent: string[] = [];
    const result = await watched((trace) => {
      const client = createClient({
        ...{ issuer, clientId: 'app', discovery: false, metadata },
        ...{ clock: createPollingClock(), timeoutMs, trace },
        ...options,
        ...more,
        fetch: async (url, { body, headers }) => {
          const endpoint = new URL(url).pathname.slice(1);
          if (endpoint !== at)
            return json(endpoints[endpoint as keyof typeof endpoints]?.[1] ?? {});
          const params = [...new URLSearchParams(body instanceof URLSearchParams ? body : '')];
          sent.push(...secretsOf({ params, headers: Object.fromEntries(new Headers(headers)) }));
          return echo(tell([...sent, ...secrets.filter((one) => params.flat().includes(one))]));
        },
      });
      return run(client, `${issuer}/resource`);
    });
    expect(sent.length + Number(name === 'device authorization')).toBeGreaterThan(0);
    return { ...result, sent };
  }

  describe.each(Object.keys(speakers) as (keyof typeof speakers)[])('sent with a %s', (speaker) => {
    it.each(Object.keys(echoes))('and told back in %s', async (place) => {
      const echo = echoes[place] as (typeof echoes)[string];
      const all = await echoed(speakers[speaker](), echo, (sent) => sent.join(' '));
      expectNothing(all, all.sent);
      expect(all.events).not.toEqual([]);
      if (place === 'the description') expect(all.isFailed).toBe(name !== 'resource');
      const count = new Set(all.sent).size;
      for (let which = 0; which < count; which += 1) {
        const one = await echoed(
          speakers[speaker](),
          echo,
          (sent) => [...new Set(sent)][which] ?? 'x',
        );
        expectNothing(one, one.sent);
      }
    });
  });
});

describe('the secrets in an answer that the browser brings', () => {
  it.each(Object.keys(answers))('and that is refused: %s', async (name) => {
    const result = await watched(async (trace) => {
      const client = createClient({ ...scripted, trace });
      return (answers[name] as (typeof answers)[string])(client);
    });
    expect(result.isFailed).toBe(true);
    expectNothing(result);
  });
});

describe('the secrets in a token that is validated here', () => {
  it.each(Object.keys(tokensToValidate))('and that is refused: %s', async (name) => {
    const result = await watched(async (trace) => {
      const client = createClient({ ...scripted, trace });
      return (tokensToValidate[name] as (typeof tokensToValidate)[string])(client);
    });
    expectNothing(result);
  });
});

describe('a secret where it does not belong', () => {
  it.each(
    misplacements.flatMap(([name, place]) =>
      misplaced.map(([shape, make]) => ({ name, place, shape, make })),
    ),
  )('is not shown: $name, $shape', async ({ place, make }) => {
    const result = await watched(async (trace) => {
      const client = createClient({ ...scripted, trace });
      return place(client, make());
    });
    expectNothing(result, [misplacedCanary]);
  });
});

describe('a provider that tells every secret back', () => {
  let op: HostileProvider;
  beforeAll(async () => {
    const known = { ...publicClient, token_endpoint_auth_method: 'client_secret_basic' as const };
    op = await startHostileProvider({
      echoSecrets: true,
      pushedAuthorization: true,
      clients: [{ ...known, client_secret: 'another secret' }],
    });
  });
  afterAll(() => op.close());

  it.each(Object.keys(calls))('shows none of those of %s', async (name) => {
    const { client: more, run } = calls[name] as (typeof calls)[string];
    op.reset();
    const result = await watched((trace) => {
      const authentication = clientSecretBasic(canaries.clientSecret);
      const options = { clientId: publicClient.client_id, authentication, trace, ...more };
      return run(localClient(op.issuer, options), resourceOf(op));
    });
    const sent = op.requests.flatMap(secretsOf);
    expect(sent.length).toBeGreaterThan(0);
    expect(result.isFailed).toBe(name !== 'resource');
    if (result.isFailed) {
      expect((result.error as { errorDescription?: string }).errorDescription).toContain(
        '[redacted]',
      );
    }
    expectNothing(result, sent);
  });
});
