import { describe, expect, it } from 'vitest';
import {
  apiToken,
  createManagementClient,
  type ManagementClient,
  type Page,
  type Scope,
} from '../../src/management/index.ts';
import { createWeb, json } from '../support/scripted-web.ts';
import { orgAndClient, rejection } from './kit.ts';

const org = 'https://org.example';
const scopesUrl = `${org}/api/v1/authorizationServers/default/scopes`;

/** A client of an org whose scopes come in these pages, each with its Link header. */
function paged(...pages: { names: string[]; link?: string }[]) {
  const web = createWeb();
  let index = 0;
  web.on(scopesUrl, () => {
    const { names, link } = pages[index++] ?? { names: [] };
    const scopes = names.map((name) => ({ id: name, name }));
    return json(scopes, 200, link === undefined ? {} : { link });
  });
  const client = createManagementClient({ orgUrl: org, auth: apiToken('token'), fetch: web.fetch });
  return { web, list: client.authorizationServers.scopes.list('default') };
}

async function manyScopes(client: ManagementClient, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await client.authorizationServers.scopes.create('default', { name: `s${index}` });
  }
}

const names = (items: readonly { name: string }[]) => items.map(({ name }) => name);

describe('a list', () => {
  it('sends nothing until it is read, and never a default limit', async () => {
    const { client, okta } = await orgAndClient();
    const servers = client.authorizationServers.list();
    expect(okta.requests).toEqual([]);

    expect(names(await servers.toArray())).toContain('default');
    expect(okta.requests.map(({ target }) => target)).toEqual(['/api/v1/authorizationServers']);
  });

  it('gives all items of all pages, in their order', async () => {
    const { client, okta } = await orgAndClient();
    await manyScopes(client, 5);
    const all = names(await client.authorizationServers.scopes.list('default').toArray());
    okta.reset();

    const found: string[] = [];
    for await (const { name } of client.authorizationServers.scopes.list('default', { limit: 2 })) {
      found.push(name);
    }

    expect(found).toEqual(all);
    expect(okta.requests.length).toBeGreaterThan(2);
    expect(okta.violations).toEqual([]);
  });

  it('gives pages with their cursors, with which another reading goes on', async () => {
    const { client } = await orgAndClient();
    await manyScopes(client, 5);
    const { scopes } = client.authorizationServers;
    const pages: Page<Scope>[] = [];
    for await (const page of scopes.list('default', { limit: 2 }).pages()) pages.push(page);

    expect(pages.at(-1)?.after).toBeUndefined();
    const { after } = pages[0] as Page<Scope>;
    const rest = await scopes.list('default', { after, limit: 2 }).toArray();
    expect(names(rest)).toEqual(pages.slice(1).flatMap(({ items }) => names(items)));
    expect(pages[0]).toMatchObject({
      status: 200,
      requestId: expect.any(String),
      rateLimit: { limit: expect.any(Number), remaining: expect.any(Number) },
    });
    expect(Object.isFrozen(pages[0]) && Object.isFrozen(pages[0]?.items)).toBe(true);
  });

  it('fetches no more pages than an array takes', async () => {
    const { client, okta } = await orgAndClient();
    await manyScopes(client, 5);
    okta.reset();
    const list = client.authorizationServers.scopes.list('default', { limit: 2 });

    expect(await list.toArray({ limit: 2 })).toHaveLength(2);
    expect(okta.requests).toHaveLength(1);
    expect(await list.toArray({ limit: 3 })).toHaveLength(3);
    expect(okta.requests).toHaveLength(3);
  });

  it('fetches no more pages once nobody reads on', async () => {
    const { client, okta } = await orgAndClient();
    await manyScopes(client, 5);
    okta.reset();
    for await (const _ of client.authorizationServers.scopes.list('default', { limit: 1 })) break;

    expect(okta.requests).toHaveLength(1);
  });

  it('begins anew each time it is read', async () => {
    const { list, web } = paged({ names: ['a'] }, { names: ['b'] });

    expect(names(await list.toArray())).toEqual(['a']);
    expect(names(await list.toArray())).toEqual(['b']);
    expect(web.requests).toHaveLength(2);
  });

  it('goes past an empty page in the middle', async () => {
    const { client, okta } = await orgAndClient();
    await manyScopes(client, 5);
    const all = names(await client.authorizationServers.scopes.list('default').toArray());
    okta.faults.emptyMiddlePage = true;

    const { scopes } = client.authorizationServers;
    expect(names(await scopes.list('default', { limit: 2 }).toArray())).toEqual(all);
  });

  it('follows a relative link', async () => {
    const { list, web } = paged({ names: ['a'], link: '<?after=2>; rel="next"' }, { names: ['b'] });

    expect(names(await list.toArray())).toEqual(['a', 'b']);
    expect(web.requests[1]?.url).toBe(`${scopesUrl}?after=2`);
  });

  it('sends the cursor as it came, whatever is in it', async () => {
    const link = `<${scopesUrl}?after=a%2Fb%3D%3D%26+c&limit=1>; rel="next"`;
    const { list, web } = paged({ names: ['a'], link }, { names: ['b'] });
    await list.toArray();

    expect(web.requests[1]?.url).toBe(`${scopesUrl}?after=a%2Fb%3D%3D%26+c&limit=1`);
  });

  it('stays in its collection where the link names another one', async () => {
    const { client, okta } = await orgAndClient();
    const { authorizationServers } = client;
    const trusted: string[] = [];
    for (const name of ['one', 'two', 'three']) {
      const server = { name, description: name, audiences: [`api://${name}`] };
      trusted.push((await authorizationServers.create(server)).id);
    }
    await authorizationServers.associatedServers.create('default', { trusted });
    okta.faults.nextNamesOtherCollection = true;
    const before = okta.requests.length;

    const found = await authorizationServers.associatedServers
      .list('default', { trusted: true, limit: 1 })
      .toArray();

    expect(names(found)).toEqual(['one', 'two', 'three']);
    for (const { target } of okta.requests.slice(before)) {
      expect(target).toMatch(/^\/api\/v1\/authorizationServers\/default\/associatedServers\?/);
      expect(target).toContain('trusted=true');
      expect(target).toContain('limit=1');
    }
  });

  it('refuses a link to another origin, after the page that it came with', async () => {
    const { list, web } = paged({
      names: ['a'],
      link: '<https://elsewhere.example/api/v1/scopes?after=2>; rel="next"',
    });
    const found: string[] = [];
    const read = async () => {
      for await (const { name } of list) found.push(name);
    };

    expect(await rejection(read())).toMatchObject({
      code: 'invalid_management_response',
      check: 'management_response.next_origin',
      phase: 'management',
      expected: org,
      received: 'https://elsewhere.example',
    });
    expect(found).toEqual(['a']);
    expect(web.requests).toHaveLength(1);
  });

  it.each([
    [
      'http in place of https',
      '<http://org.example/api/v1/authorizationServers?after=2>; rel="next"',
    ],
    ['another port', '<https://org.example:8443/x?after=2>; rel="next"'],
    ['no host', '<data:text/plain,x>; rel="next"'],
    ['no URL', '<https://[>; rel="next"'],
  ])('refuses a link with %s', async (_, link) => {
    const { list, web } = paged({ names: ['a'], link });

    expect(await rejection(list.toArray())).toMatchObject({
      check: 'management_response.next_origin',
    });
    expect(web.requests).toHaveLength(1);
  });

  it('refuses a link to another collection without a cursor', async () => {
    const { list } = paged({ names: ['a'], link: '</api/v1/users>; rel="next"' });

    expect(await rejection(list.toArray())).toMatchObject({ check: 'management_response.next' });
  });

  it.each([
    ['itself', [`<${scopesUrl}>; rel="next"`]],
    ['the one before', [`<${scopesUrl}?after=1>; rel="next"`, `<${scopesUrl}>; rel="next"`]],
  ])('ends with an error where a page leads to %s', async (_, links) => {
    const { list, web } = paged(...links.map((link) => ({ names: ['a'], link })));

    expect(await rejection(list.toArray())).toMatchObject({
      check: 'management_response.next_repeated',
    });
    expect(web.requests).toHaveLength(links.length);
  });

  it('is aborted between pages', async () => {
    const { client, okta } = await orgAndClient();
    await manyScopes(client, 3);
    okta.reset();
    const controller = new AbortController();
    const { signal } = controller;
    const read = async () => {
      for await (const _ of client.authorizationServers.scopes.list('default', {
        limit: 1,
        signal,
      })) {
        controller.abort();
      }
    };

    expect(await rejection(read())).toMatchObject({ code: 'aborted', phase: 'management' });
    expect(okta.requests).toHaveLength(1);
  });

  it.each([0, -1, 1.5, '1', Number.NaN])('takes no limit of %s', async (limit) => {
    const { client, okta } = await orgAndClient();
    const { scopes } = client.authorizationServers;
    const wrong = { limit } as { limit: number };

    expect(() => scopes.list('default', wrong)).toThrow(/limit/);
    expect(await rejection(scopes.list('default').toArray(wrong))).toMatchObject({
      code: 'invalid_option',
    });
    expect(okta.requests).toEqual([]);
  });

  it('takes nothing of a link but its query', async () => {
    const link =
      '<https://user:password@org.example/api/v1/authorizationServers/default/scopes?after=2#x>; rel="next"';
    const { list, web } = paged({ names: ['a'], link }, { names: ['b'], link });

    expect(await rejection(list.toArray())).toMatchObject({
      check: 'management_response.next_repeated',
    });
    expect(web.requests.map(({ url }) => url)).toEqual([scopesUrl, `${scopesUrl}?after=2`]);
  });

  it('refuses items that are no objects', async () => {
    const web = createWeb({ [scopesUrl]: () => json([{ id: 'a' }, null]) });
    const client = createManagementClient({ orgUrl: org, auth: apiToken('t'), fetch: web.fetch });

    expect(
      await rejection(client.authorizationServers.scopes.list('default').toArray()),
    ).toMatchObject({ check: 'management_response.object' });
  });

  it('refuses what is no list', async () => {
    const web = createWeb({ [scopesUrl]: () => json({ scopes: [] }) });
    const client = createManagementClient({ orgUrl: org, auth: apiToken('t'), fetch: web.fetch });

    expect(
      await rejection(client.authorizationServers.scopes.list('default').toArray()),
    ).toMatchObject({ check: 'management_response.list' });
  });
});

describe('the keys of an application', () => {
  it.each(['array', 'keys', 'jwks'] as const)('are read where they come as %s', async (shape) => {
    const { client, okta } = await orgAndClient();
    const { id } = okta.addApp();
    okta.faults.keysAs = shape;
    const jwk = {
      kty: 'RSA',
      n: 'x'.repeat(342),
      e: 'AQAB',
      kid: 'k1',
      use: 'sig',
      alg: 'RS256',
    } as const;
    await client.applications.jwks.create(id, jwk);

    const keys = await client.applications.jwks.list(id).toArray();

    expect(keys.map(({ kid }) => kid)).toContain('k1');
  });
});
