import { describe, expect, it } from 'vitest';
import { createSession, type SessionResource } from '../../src/index.ts';
import type { Anything } from '../support/refusals.ts';
import { failureOf } from '../support/relying-party.ts';
import { json } from '../support/scripted-web.ts';
import { sessionKit } from '../support/session-kit.ts';

/** Calls the URL with a session of these resources, whose token has to be asked for. */
async function calling(input: string | URL | Request, ...resources: SessionResource[]) {
  const kit = sessionKit();
  const sent: string[] = [];
  const fetch = async (url: string, init: RequestInit) => {
    if (url.startsWith('https://login.example/')) return kit.op.web.fetch(url, init);
    sent.push(url);
    return json({});
  };
  const { session } = await kit.expired({
    client: { fetch, allowInsecureRequests: 'loopback' },
    resources,
  });
  const error = await session.fetch(input).then(
    () => undefined,
    (reason) => reason,
  );
  return { error, sent, asked: kit.op.web.requests.length };
}

const at = (url: string): SessionResource => ({ url });

describe('the resources of a session', () => {
  it.each<[resource: string, url: string]>([
    ['https://api.example', 'https://api.example'],
    ['https://api.example', 'https://api.example/'],
    ['https://api.example/', 'https://api.example/orders?id=1#a'],
    ['https://api.example:443', 'https://api.example/orders'],
    ['https://api.example', 'https://API.EXAMPLE:443/orders'],
    ['https://api.example/v1', 'https://api.example/v1'],
    ['https://api.example/v1', 'https://api.example/v1/'],
    ['https://api.example/v1', 'https://api.example/v1?a=/../../'],
    ['https://api.example/v1/', 'https://api.example/v1'],
    ['https://api.example/v1/', 'https://api.example/v1/orders/..'],
    ['https://api.example/v1', 'https://api.example/v1/a%2fb'],
    ['https://api.example/v1', 'https://api.example/v1/a..b/...'],
    ['https://api.example:8443/v1', 'https://api.example:8443/v1/x'],
    ['https://bücher.example', 'https://xn--bcher-kva.example/x'],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000/orders'],
  ])('%s has %s', async (resource, url) => {
    const { error, sent } = await calling(url, at(resource));
    expect(error).toBeUndefined();
    expect(sent).toHaveLength(1);
  });

  it.each<[resource: string, url: string]>([
    ['https://api.example', 'http://api.example/'],
    ['https://api.example', 'https://api.example:8443/'],
    ['https://api.example', 'https://api.example.evil.example/'],
    ['https://api.example', 'https://evil.example/https://api.example/'],
    ['https://api.example', 'https://xapi.example/'],
    ['https://api.example', 'https://api.example./'],
    ['https://api.example', 'https://api.example@evil.example/'],
    ['https://api.example', 'https://user:secret@api.example/'],
    ['https://api.example', 'https:\\\\evil.example\\api.example'],
    ['https://api.example', '//api.example/'],
    ['https://api.example', '/orders'],
    ['https://api.example', 'orders'],
    ['https://api.example', 'blob:https://api.example/1'],
    ['https://api.example', 'data:text/plain,x'],
    ['https://api.example/v1', 'https://api.example/'],
    ['https://api.example/v1', 'https://api.example/v10'],
    ['https://api.example/v1', 'https://api.example/v1x/y'],
    ['https://api.example/v1', 'https://api.example/V1/x'],
    ['https://api.example/v1', 'https://api.example/v1/../admin'],
    ['https://api.example/v1', 'https://api.example/v1/%2e%2e/admin'],
    ['https://api.example/v1', 'https://api.example/v1/.%2E/admin'],
    ['https://api.example/v1', 'https://api.example/v1\\..\\admin'],
    ['https://api.example/v1', 'https://api.example/v1/..%2fadmin'],
    ['https://api.example/v1', 'https://api.example/v1/x%2F..%2Fadmin'],
    ['https://api.example/v1', 'https://api.example/v1/..%5cadmin'],
    ['https://api.example/v1', 'https://api.example/v1/%2e%2e%2fadmin'],
    ['https://api.example/v1', 'https://api.example/v1/x%2f%2e%2e'],
    ['https://api.example/v1', 'https://api.example/v1/.%2e%5Cadmin'],
    ['https://api.example/v1', 'https://api.example/v1/..;/admin'],
    ['https://api.example/v1', 'https://api.example/v1%2fx'],
    ['https://api.example/v1', 'https://api.example//v1/x'],
  ])('%s does not have %s', async (resource, url) => {
    const { asked, error, sent } = await calling(url, at(resource));
    expect(error).toMatchObject({ code: 'invalid_option', option: 'url' });
    expect([sent, asked]).toEqual([[], 0]);
  });

  it('are none unless they are named', async () => {
    const { asked, error } = await calling('https://api.example/');
    expect(error).toMatchObject({ code: 'invalid_option', option: 'url' });
    expect(asked).toBe(0);
  });

  it('count by the longest path', async () => {
    const kit = sessionKit();
    const { session } = await kit.signedIn({
      resources: [
        at('https://api.example'),
        { url: 'https://api.example/a/b', scope: 'ab' },
        { url: 'https://api.example/a', scope: 'a' },
      ],
    });
    for (const path of ['x', 'a/x', 'a/b', 'a/b/c', 'a/bc']) {
      kit.op.web.on(`https://api.example/${path}`, () => json({}));
      await session.fetch(`https://api.example/${path}`);
    }
    const sent = kit.op.web.requests
      .filter(({ url }) => url.startsWith('https://api'))
      .map(({ headers }) => headers.get('authorization')?.replace('Bearer access-canary-', ''));
    expect(sent).toEqual(['0', '1', '2', '2', '1']);
    expect(kit.op.tokenRequests().map((request) => request.get('scope'))).toEqual(['a', 'ab']);
  });

  it.each<[wrong: string, resources: Anything, option: string, code?: string]>([
    ['no list', {}, 'resources'],
    ['no object', ['https://api.example'], 'resources'],
    ['no URL', [{}], 'resources.url'],
    ['a relative URL', [{ url: '/api' }], 'resources.url'],
    ['a query', [{ url: 'https://api.example/?a' }], 'resources.url'],
    ['an empty query', [{ url: 'https://api.example/?' }], 'resources.url'],
    ['a fragment', [{ url: 'https://api.example/#a' }], 'resources.url'],
    ['credentials', [{ url: 'https://ada:secret@api.example' }], 'resources.url'],
    ['no TLS', [{ url: 'http://api.example' }], 'resources.url', 'insecure_url'],
    ['loopback without leave', [{ url: 'http://127.0.0.1' }], 'resources.url', 'insecure_url'],
    ['a resource that is no URI', [{ url: 'https://a.example', resource: 'a' }], 'resource'],
    ['a scope that is no text', [{ url: 'https://a.example', scope: ['a'] }], 'scope'],
  ])('are refused with %s', async (_, resources, option, code = 'invalid_option') => {
    const kit = sessionKit();
    const options = { client: kit.op.client(), store: kit.inner, resources };
    const failure = await failureOf(() => createSession(options));
    expect(failure).toMatchObject({ name: 'ConfigurationError', code, option });
  });
});
