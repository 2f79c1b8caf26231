import { describe, expect, it, vi } from 'vitest';
import { pageFetch } from '../../src/browser/page-fetch.ts';
import { failureOf } from '../support/relying-party.ts';

const orders = 'https://api.example/orders';

/** What the session is asked to send. */
function setUp() {
  const sent = vi.fn(async (_input: string | URL | Request, _init?: RequestInit) =>
    Response.json({}),
  );
  const text = async () => new TextDecoder().decode(sent.mock.lastCall?.[1]?.body as ArrayBuffer);
  return { fetch: pageFetch(sent), sent, text };
}

describe('fetch in a page', () => {
  it('sends the body of a Request as bytes', async () => {
    const { fetch, sent, text } = setUp();
    const request = new Request(orders, { method: 'POST', body: 'a text' });
    await fetch(request, { headers: { a: '1' } });
    expect(await text()).toBe('a text');
    expect(sent).toHaveBeenCalledWith(request, expect.objectContaining({ headers: { a: '1' } }));
  });

  it('sends it where the browser does not give it away as a stream, as Firefox', async () => {
    const { fetch, text } = setUp();
    const request = new Request(orders, { method: 'POST', body: 'a text' });
    Object.defineProperty(request, 'body', { value: undefined });
    await fetch(request);
    expect(await text()).toBe('a text');
  });

  it.each<[string, string | URL | Request, RequestInit]>([
    ['a text', orders, { method: 'POST', body: 'a' }],
    ['a URL', new URL(orders), {}],
    ['a Request without a body', new Request(orders), {}],
    [
      'a Request with another one',
      new Request(orders, { method: 'PUT', body: 'a' }),
      { body: 'b' },
    ],
    ['a Request without its own', new Request(orders, { method: 'PUT' }), { method: 'GET' }],
  ])('passes on %s as it is', async (_name, input, init) => {
    const { fetch, sent } = setUp();
    await fetch(input, init);
    expect(sent.mock.calls).toEqual([[input, init]]);
    expect(sent.mock.lastCall?.[1]).toBe(init);
  });

  it('refuses a body that was read already', async () => {
    const { fetch, sent } = setUp();
    const request = new Request(orders, { method: 'POST', body: 'a' });
    await request.text();
    expect(await failureOf(fetch(request))).toMatchObject({
      code: 'invalid_option',
      option: 'body',
    });
    expect(sent).not.toHaveBeenCalled();
  });

  it('waits no longer for a body than the caller', async () => {
    const { fetch } = setUp();
    const aborter = new AbortController();
    const body = new ReadableStream();
    const init = { method: 'POST', body, duplex: 'half', signal: aborter.signal };
    const failure = failureOf(fetch(new Request(orders, init as RequestInit)));
    aborter.abort();
    expect(await failure).toMatchObject({ code: 'aborted' });
  });

  it.each([null, 'POST'])('refuses %j as init', async (init) => {
    const { fetch } = setUp();
    const request = new Request(orders, { method: 'POST', body: 'a' });
    const error = await failureOf(fetch(request, init as never));
    expect(error).toMatchObject({ code: 'invalid_option', option: 'init' });
  });
});
