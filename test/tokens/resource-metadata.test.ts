import { describe, expect, it } from 'vitest';
import { fetchResourceMetadata } from '../../src/index.ts';
import { type Anything, setUp } from '../support/refusals.ts';
import { failureOf } from '../support/relying-party.ts';
import { json } from '../support/scripted-web.ts';

const api = 'https://api.example.com';
const allowedHosts = ['api.example.com'];

describe('the metadata of an API', () => {
  it.each([
    [api, ''],
    [`${api}/`, ''],
    [`${api}/orders`, '/orders'],
    [`${api}/orders/?v=2`, '/orders/'],
  ])('of %s is fetched from its well-known place, without a token', async (resource, path) => {
    const { client, web } = setUp();
    const address = `${api}/.well-known/oauth-protected-resource${path}`;
    web.on(address, () => json({ resource, authorization_servers: ['https://login.example'] }));
    const metadata = await fetchResourceMetadata(client, resource, { allowedHosts });
    expect(metadata).toEqual({ resource, authorization_servers: ['https://login.example'] });
    expect(Object.isFrozen(metadata)).toBe(true);
    expect(web.requests).toHaveLength(1);
    expect(web.requests[0]?.headers.has('authorization')).toBe(false);
  });

  it.each(['https://api.example.com/', 'https://evil.example', undefined, 7])(
    'has to be about the API that was asked for, not %o',
    async (resource) => {
      const { client, web } = setUp();
      web.on(`${api}/.well-known/oauth-protected-resource`, () => json({ resource }));
      expect(await failureOf(fetchResourceMetadata(client, api, { allowedHosts }))).toMatchObject({
        code: 'invalid_resource_metadata',
        check: 'resource_metadata.resource',
      });
    },
  );

  it.each<[() => Response, object]>([
    [() => new Response('', { status: 404 }), { code: 'http_status', status: 404 }],
    [() => new Response('<p>', { status: 200 }), { code: 'response_not_json' }],
    [() => json([]), { code: 'response_not_json' }],
  ])('that cannot be read is a typed error (%#)', async (respond, expected) => {
    const { client, web } = setUp();
    web.on(`${api}/.well-known/oauth-protected-resource`, respond);
    expect(await failureOf(fetchResourceMetadata(client, api, { allowedHosts }))).toMatchObject(
      expected,
    );
  });

  it.each<[Anything, Anything, string, string?]>([
    [undefined, { allowedHosts }, 'resource'],
    [new URL(api), { allowedHosts }, 'resource'],
    ['/orders', { allowedHosts }, 'resource'],
    [`${api}/#`, { allowedHosts }, 'resource'],
    ['https://ada:secret@api.example.com', { allowedHosts }, 'resource'],
    ['https://evil.example', { allowedHosts }, 'resource'],
    ['https://api.example.com:8443', { allowedHosts }, 'resource'],
    ['https://api.example.com.evil.example', { allowedHosts }, 'resource'],
    ['http://api.example.com', { allowedHosts }, 'resource', 'insecure_url'],
    [api, {}, 'resource'],
    [api, { allowedHosts: 'https://api.example.com' }, 'allowedHosts'],
    [api, { allowedHosts: [7] }, 'allowedHosts'],
    [api, undefined, 'options'],
    [api, null, 'options'],
  ])('is not asked for: %o with %o', async (resource, options, option, code = 'invalid_option') => {
    const { client, web } = setUp();
    const error = await failureOf(() => fetchResourceMetadata(client, resource, options));
    expect(error).toMatchObject({ code, option });
    expect(web.requests).toEqual([]);
  });
});
