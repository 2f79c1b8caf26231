import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeClock, type FakeClock } from '../fake-clock.ts';
import { type Okta, type OktaOptions, startOkta } from './okta.ts';
import { freeOrg } from './rate-limits.ts';

let clock: FakeClock;
let okta: Okta;

const start = async (options: OktaOptions = {}) => {
  await okta?.[Symbol.asyncDispose]();
  okta = await startOkta({ now: clock.now, ...options });
};

beforeEach(async () => {
  clock = createFakeClock();
  await start();
});

afterEach(() => okta[Symbol.asyncDispose]());

const scopes = '/api/v1/authorizationServers/default/scopes';

interface Sent {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a request as it should be, but for what is said. */
async function send(path: string, { body, headers = {}, method = 'GET' }: Sent = {}) {
  const response = await fetch(`${okta.origin}${path}`, {
    method,
    headers: {
      authorization: `SSWS ${okta.apiToken}`,
      accept: 'application/json',
      'content-type': 'application/json',
      ...headers,
    },
    redirect: 'manual',
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  return { response, body: type.includes('json') ? JSON.parse(text) : text };
}

const create = (name: string) => send(scopes, { method: 'POST', body: { name } });

describe('a request that breaks the rules', () => {
  it.each<[what: string, path: string, sent: Sent, status: number, errorCode: string]>([
    ['has no token', scopes, { headers: { authorization: '' } }, 401, 'E0000011'],
    [
      'has a token of another scheme',
      scopes,
      { headers: { authorization: 'Basic YTpi' } },
      401,
      'E0000011',
    ],
    ['takes no JSON', scopes, { headers: { accept: 'text/html' } }, 400, 'E0000019'],
    ['takes anything', scopes, { headers: { accept: '*/*' } }, 400, 'E0000019'],
    [
      'has a form for a body',
      scopes,
      { method: 'POST', body: 'name=a', headers: { 'content-type': 'text/plain' } },
      400,
      'E0000019',
    ],
    ['has no JSON for a body', scopes, { method: 'POST', body: '{' }, 400, 'E0000003'],
    ['has no body where one is needed', scopes, { method: 'POST' }, 400, 'E0000003'],
    ['has a number for a name', scopes, { method: 'POST', body: { name: 1 } }, 400, 'E0000003'],
    ['has a list for a body', scopes, { method: 'POST', body: [] }, 400, 'E0000003'],
    ['has four-byte characters', scopes, { method: 'POST', body: { name: '🦉' } }, 400, 'E0000003'],
    ['has no name', scopes, { method: 'POST', body: { name: null } }, 400, 'E0000001'],
    ['asks for too long a page', `${scopes}?limit=201`, {}, 400, 'E0000029'],
    ['has a cursor that nobody gave out', `${scopes}?after=x`, {}, 400, 'E0000029'],
    [
      'has a filter that nobody understands',
      `${scopes}?filter=name+co+%22a%22`,
      {},
      400,
      'E0000031',
    ],
    ['has two slashes', `/${scopes}`, {}, 404, 'E0000008'],
    ['is for a path that is none', '/api/v1/users', {}, 404, 'E0000008'],
    ['has a path that cannot be decoded', '/api/v1/authorizationServers/%zz', {}, 404, 'E0000008'],
    [
      'has a method that the path does not have',
      scopes,
      { method: 'PUT', body: {} },
      405,
      'E0000022',
    ],
    [
      'expands something else',
      '/api/v1/authorizationServers/default/clients/c/tokens?expand=user',
      {},
      400,
      'E0000001',
    ],
  ])('%s', async (_, path, sent, status, errorCode) => {
    okta.addRefreshTokens('default', 'c');
    const { body, response } = await send(path, sent);
    expect(response.status).toBe(status);
    expect(body).toEqual({
      errorCode,
      errorSummary: expect.any(String),
      errorLink: errorCode,
      errorId: expect.stringMatching(/^oae/),
      errorCauses: expect.any(Array),
    });
  });

  it('says nothing about the length of its body', async () => {
    const { hostname, port } = new URL(okta.origin);
    const socket = connect(Number(port), hostname);
    const path = '/api/v1/authorizationServers/default/lifecycle/activate';
    const headers = ['accept', 'content-type'].map((name) => `${name}: application/json\r\n`);
    socket.write(`POST ${path} HTTP/1.1\r\nhost: ${hostname}\r\n${headers.join('')}\r\n`);
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 411 /);
    socket.destroy();
  });

  it.each<[what: string, path: string, sent: Sent, message: string]>([
    ['has a parameter', `${scopes}?cursor=1`, {}, 'cursor'],
    ['has a parameter twice', `${scopes}?q=a&q=b`, {}, 'twice'],
    ['has a property', scopes, { method: 'POST', body: { name: 'a', _default: true } }, '_default'],
    ['has a body', '/api/v1/authorizationServers/default', { method: 'DELETE', body: {} }, 'body'],
    ['has no type', scopes, { headers: { 'content-type': '' } }, 'Content-Type'],
  ])('is answered and noted where it %s that nobody documents', async (_, path, sent, message) => {
    const { response } = await send(path, sent);
    expect(response.ok).toBe(true);
    expect(okta.violations).toEqual([
      { request: expect.stringContaining(path), message: expect.stringContaining(message) },
    ]);
  });
});

describe('a collection in pages', () => {
  it('neither loses nor repeats what others leave alone, while one is deleted and one is added', async () => {
    for (const name of ['a', 'b', 'c']) await create(name);
    const first = await send(`${scopes}?filter=system+eq+false&limit=2`);
    const [, next = ''] =
      /<([^>]+)>; rel="next"/.exec(first.response.headers.get('link') ?? '') ?? [];
    await send(`${scopes}/${first.body[1].id}`, { method: 'DELETE' });
    await create('d');
    const { body, response } = await send(next.slice(okta.origin.length));
    expect(first.body.map(({ name }: { name: string }) => name)).toEqual(['a', 'b']);
    expect(body.map(({ name }: { name: string }) => name)).toEqual(['c', 'd']);
    expect(response.headers.get('link')).not.toContain('next');
  });

  it('may lag behind a change, once', async () => {
    okta.faults.listsLag = true;
    await create('a');
    const before = (await send(scopes)).body.length;
    expect((await send(scopes)).body).toHaveLength(before + 1);
  });
});

describe('rates', () => {
  const secretsOf = (id: string) => `/api/v1/apps/${id}/credentials/secrets`;

  it('are counted by bucket, in windows of a minute', async () => {
    await start({ rateLimits: freeOrg });
    const { id } = okta.addApp();
    const limits = async (path: string) => {
      const { response } = await send(path);
      const header = (name: string) => Number(response.headers.get(`x-rate-limit-${name}`));
      return [response.status, header('limit'), header('remaining'), header('reset')];
    };
    const reset = clock.now() / 1_000 + 60;
    for (let left = 9; left >= 0; left--) {
      expect(await limits(secretsOf(id))).toEqual([200, 10, left, reset]);
    }
    expect(await limits(secretsOf(id))).toEqual([429, 10, 0, reset]);
    expect(await limits(scopes)).toEqual([200, 50, 49, reset]);
    clock.advance(60_000);
    expect(await limits(secretsOf(id))).toEqual([200, 10, 9, reset + 60]);
  });

  it('do not count what is too much at once: its limit is 0', async () => {
    await start({ concurrency: 2 });
    const open = okta.hold();
    const answers = Array.from({ length: 3 }, () => send(scopes));
    await expect.poll(() => okta.inTheAir).toBe(3);
    open();
    const statuses = (await Promise.all(answers)).map(({ response }) => [
      response.status,
      response.headers.get('x-rate-limit-limit'),
    ]);
    expect(statuses.toSorted()).toEqual([
      [200, '1000'],
      [200, '1000'],
      [429, '0'],
    ]);
  });
});

describe('the rules of a server', () => {
  const server = '/api/v1/authorizationServers/default';
  const nameOf = ({ name }: { name: string }) => name;

  it.each([
    [scopes, 'openid'],
    [`${server}/claims`, 'sub'],
  ])('nothing of Okta itself can be deleted: %s', async (path, name) => {
    const { body } = await send(path);
    const { id } = body.find((one: { name: string }) => one.name === name);
    const refused = await send(`${path}/${id}`, { method: 'DELETE' });
    expect(refused.body.errorCode).toBe('E0000006');
  });

  it('policies stand in the order of their priority, without gaps', async () => {
    const policies = `${server}/policies`;
    const add = (name: string, priority?: number) =>
      send(policies, { method: 'POST', body: { name, ...(priority && { priority }) } });
    await add('last');
    await add('first', 1);
    expect((await add('far', 99)).body.priority).toBe(4);
    const { body } = await send(policies);
    expect(body.map(nameOf)).toEqual(['first', 'Default Policy', 'last', 'far']);
  });

  it('an expired key is gone after the next rotation', async () => {
    const rotate = async () => {
      const path = `${server}/credentials/lifecycle/keyRotate`;
      const { body } = await send(path, { method: 'POST', body: { use: 'sig' } });
      return body.map(({ kid }: { kid: string }) => kid);
    };
    const [first, second] = await rotate();
    const [third, fourth, expired] = await rotate();
    expect([third, expired]).toEqual([second, first]);
    expect(await rotate()).toEqual([fourth, expect.any(String), third]);
  });

  it('it is deleted with the trust that others have in it', async () => {
    const audiences = ['https://a.example'];
    const { body } = await send('/api/v1/authorizationServers', {
      method: 'POST',
      body: { name: 'a', audiences },
    });
    const associated = `${server}/associatedServers`;
    await send(associated, { method: 'POST', body: { trusted: [body.id] } });
    await send(`/api/v1/authorizationServers/${body.id}`, { method: 'DELETE' });
    expect((await send(associated)).body).toEqual([]);
  });
});
