import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, clientCredentialsGrant } from '../src/index.ts';
import { directCalls, kinds } from './support/direct-calls.ts';
import { createFakeClock } from './support/fake-clock.ts';
import { asJson, type RawServer, startRawServer } from './support/raw-server.ts';
import { createRecorder, failureOf } from './support/relying-party.ts';
import { defer, json } from './support/scripted-web.ts';

let server: RawServer;
let calls: ReturnType<typeof directCalls>;

beforeAll(async () => {
  server = await startRawServer();
  calls = directCalls(server.origin);
});
afterAll(() => server.close());

describe('a provider that is slow', () => {
  /** Calls, lets the server take the request, then lets the deadline pass. */
  async function late(call: (options: Partial<ClientOptions>) => Promise<unknown>, body: boolean) {
    const clock = createFakeClock();
    const [arrived, answered, hungUp] = [defer<ServerResponse>(), defer(), defer()];
    server.answer((request, response) => {
      request.socket.once('close', () => hungUp.resolve());
      if (body) response.writeHead(200, asJson).write('{"access_token":');
      arrived.resolve(response);
    });
    const failure = failureOf(
      call({
        clock,
        timeoutMs: 2_000,
        fetch: async (url, init) => {
          const response = await fetch(url, init);
          answered.resolve();
          return response;
        },
      }),
    );
    await (body ? answered.promise : arrived.promise);
    clock.advance(1_999);
    expect(clock.pending).toBe(1);
    clock.advance(1);
    const error = await failure;
    await hungUp.promise;
    expect(clock.pending).toBe(0);
    return error;
  }

  for (const [what, body] of [
    ['headers', false],
    ['a body', true],
  ] as const) {
    it.each(kinds)(`${what}: is given up on in time (%s)`, async (kind) => {
      const error = await late(calls[kind], body);
      expect(error).toMatchObject({
        name: 'TimeoutError',
        code: 'timeout',
        retryable: kind !== 'code',
        phase: kind === 'metadata' ? 'discovery' : 'token',
      });
      expect(error.message).toContain('2000 ms');
    });
  }

  /** A call whose request has been sent; nothing but `answer` ends its fetch. */
  async function sent() {
    const clock = createFakeClock();
    const [called, answer] = [defer(), defer<Response>()];
    const fetch = () => {
      called.resolve();
      return answer.promise;
    };
    const grant = calls.grant({ clock, fetch });
    await called.promise;
    return { answer, clock, grant };
  }

  it('is given up on even where the fetch ignores its signal', async () => {
    const { clock, grant } = await sent();
    const failure = failureOf(grant);
    clock.advance(10_000);
    expect(await failure).toMatchObject({ code: 'timeout', retryable: true });
  });

  it('is heard after a sleep, if it has answered meanwhile', async () => {
    const { answer, clock, grant } = await sent();
    clock.advance(60_000);
    // The timer comes first, however long the answer has been there.
    answer.resolve(json({ access_token: 'a', token_type: 'Bearer' }));
    expect(await grant).toMatchObject({ accessToken: 'a' });
    expect(clock.pending).toBe(0);
  });

  it('is given up on after a sleep, if it has not', async () => {
    const { clock, grant } = await sent();
    const failure = failureOf(grant);
    clock.advance(60_000);
    clock.advance(999);
    expect(clock.pending).toBe(1);
    clock.advance(1);
    expect(await failure).toMatchObject({ code: 'timeout' });
  });

  it('leaves no timer behind when it answers in time after all', async () => {
    const clock = createFakeClock();
    server.answering(200, JSON.stringify({ access_token: 'a', token_type: 'Bearer' }), asJson);
    await calls.grant({ clock });
    expect(clock.pending).toBe(0);
  });
});

describe('the trace', () => {
  it('tells of request and response without query and body', async () => {
    const { trace, events } = createRecorder();
    server.answering(
      200,
      JSON.stringify({ access_token: 'a-token', token_type: 'Bearer' }),
      asJson,
    );
    const metadata = { token_endpoint: `${server.origin}/token?tenant=hidden` };
    await clientCredentialsGrant(calls.directClient({ trace, metadata }));
    const url = `${server.origin}/token`;
    expect(events).toEqual([
      { type: 'request', phase: 'token', method: 'POST', url },
      {
        type: 'response',
        phase: 'token',
        method: 'POST',
        url,
        status: 200,
        durationMs: expect.any(Number),
      },
      { type: 'check', phase: 'validation', check: 'token_response.access_token' },
      { type: 'check', phase: 'validation', check: 'token_response.token_type' },
    ]);
  });

  it('measures by the monotonic clock, from the request to the end of the body', async () => {
    const { trace, events } = createRecorder();
    const clock = createFakeClock();
    const fetch = async () => {
      clock.advance(1_234);
      clock.setWall(0);
      return json({ access_token: 'a', token_type: 'Bearer' });
    };
    await calls.grant({ trace, clock, fetch });
    expect(events).toContainEqual(expect.objectContaining({ type: 'response', durationMs: 1_234 }));
  });
});
