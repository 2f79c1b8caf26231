import { expect, it } from 'vitest';
import { handleBackchannelLogout } from '../../src/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import type { Anything } from '../support/refusals.ts';
import { failureOf, localClient } from '../support/relying-party.ts';

/** A request that begins a form and never ends it. */
function unending(type = 'application/x-www-form-urlencoded'): Request {
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode('logout_token=')),
  });
  const headers = { 'content-type': type };
  return new Request('https://app.example/logout', {
    method: 'POST',
    headers,
    body,
    duplex: 'half',
  } as RequestInit);
}

const clock = createFakeClock();
const client = localClient('https://op.example', { clientId: 'app', clock });
const endSession = () => {
  throw new Error('nobody signed out');
};

it('gives up on a body that never ends', async () => {
  const answer = handleBackchannelLogout(client, unending(), { endSession });
  clock.advance(10_000);
  const { status, headers } = await answer;
  expect(status).toBe(400);
  expect(headers.get('cache-control')).toBe('no-store');
  expect(clock.pending).toBe(0);
});

it('gives up on a body when the caller does', async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const answer = handleBackchannelLogout(client, unending(), { endSession, signal });
  controller.abort();
  expect((await answer).status).toBe(400);
  expect(clock.pending).toBe(0);
});

it('reads no body that only looks like a form', async () => {
  const request = unending('application/x-www-form-urlencoded-evil');
  const { status } = await handleBackchannelLogout(client, request, { endSession });
  expect(status).toBe(400);
  expect(request.bodyUsed).toBe(false);
});

it('tells the application, not the provider, of a signal that is none', async () => {
  const signal: Anything = new AbortController();
  const answer = handleBackchannelLogout(client, unending(), { endSession, signal });
  expect(await failureOf(answer)).toMatchObject({ code: 'invalid_option', option: 'signal' });
  expect(clock.pending).toBe(0);
});
