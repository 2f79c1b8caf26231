import { getEventListeners } from 'node:events';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientCredentialsGrant, fetchServerMetadata } from '../src/index.ts';
import { directCalls, kinds, secret } from './support/direct-calls.ts';
import { asJson, type RawServer, startRawServer } from './support/raw-server.ts';
import { failureOf } from './support/relying-party.ts';
import { defer } from './support/scripted-web.ts';

let server: RawServer;
let calls: ReturnType<typeof directCalls>;

beforeAll(async () => {
  server = await startRawServer();
  calls = directCalls(server.origin);
});
afterAll(() => server.close());

describe('a caller who aborts', () => {
  it.each(kinds)('before, sends nothing (%s)', async (kind) => {
    const before = server.requests.length;
    const signal = AbortSignal.abort();
    const client = calls.directClient();
    const work = {
      metadata: () => fetchServerMetadata(client, { signal }),
      grant: () => clientCredentialsGrant(client, { signal }),
      code: () => calls.exchangeCode(client, signal),
    }[kind];
    expect(await failureOf(work as () => Promise<unknown>)).toMatchObject({
      name: 'TransportError',
      code: 'aborted',
      retryable: false,
    });
    expect(server.requests.length).toBe(before);
  });

  it.each([[{}], ['now'], [new EventTarget()]])('with %o is told so', async (signal) => {
    const before = server.requests.length;
    const work = clientCredentialsGrant(calls.directClient(), { signal: signal as AbortSignal });
    expect(await failureOf(work)).toMatchObject({ code: 'invalid_option', option: 'signal' });
    expect(server.requests.length).toBe(before);
  });

  it('during a request, takes it back at once', async () => {
    const controller = new AbortController();
    const [arrived, hungUp] = [defer(), defer()];
    server.answer((request) => {
      request.socket.once('close', () => hungUp.resolve());
      arrived.resolve();
    });
    const failure = failureOf(
      clientCredentialsGrant(calls.directClient(), { signal: controller.signal }),
    );
    await arrived.promise;
    expect(getEventListeners(controller.signal, 'abort').length).toBeGreaterThan(0);
    controller.abort(new Error(`because ${secret}`));
    const error = await failure;
    expect(error).toMatchObject({ code: 'aborted', phase: 'token', retryable: false });
    expect(inspect(error, { depth: 9 })).not.toContain(secret);
    await hungUp.promise;
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('is heard even where the fetch ignores its signal', async () => {
    const controller = new AbortController();
    const called = defer();
    const fetch = () => {
      called.resolve();
      return new Promise<Response>(() => {});
    };
    const failure = failureOf(
      clientCredentialsGrant(calls.directClient({ fetch }), { signal: controller.signal }),
    );
    await called.promise;
    controller.abort();
    expect(await failure).toMatchObject({ code: 'aborted' });
  });

  it('has no listener left on a signal that was not used', async () => {
    const { signal } = new AbortController();
    server.answering(200, JSON.stringify({ access_token: 'a', token_type: 'Bearer' }), asJson);
    await clientCredentialsGrant(calls.directClient(), { signal });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
