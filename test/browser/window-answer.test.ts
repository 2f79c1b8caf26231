import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AuthorizationResponse } from '../../src/authorization/response-parameters.ts';
import { relayName } from '../../src/browser/relay.ts';
import { windowAnswer } from '../../src/browser/window-answer.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { failureOf } from '../support/relying-party.ts';
import { openPage, type Page } from './page.ts';

const own = 'https://rp.example';
const provider = 'https://login.example';
const callback = `${own}/callback`;
const state = 's'.repeat(43);
const source = { name: 'the popup' };

let page: Page;
let clock: FakeClock;
let aborter: AbortController;
beforeEach(() => {
  page = openPage(`${own}/`);
  clock = createFakeClock();
  aborter = new AbortController();
});
afterEach(() => page.close());

const relayed = (query: string) => ({ type: 'relier:response', url: `${callback}?${query}` });

/** A page that waits, and what it has got so far. */
async function waiting() {
  let started = () => {};
  const start = new Promise<void>((resolve) => {
    started = resolve;
  });
  const answers: AuthorizationResponse[] = [];
  const answer = windowAnswer({
    source: () => source as never,
    url: new URL(`${provider}/authorize?client_id=x`),
    state,
    clock,
    timeoutMs: 60_000,
    signal: aborter.signal,
    start: started,
  });
  answer.then(
    (one) => answers.push(one),
    () => {},
  );
  await start;
  return { answer, answers };
}

async function expectNothingLeft() {
  await vi.waitFor(async () => expect(await page.locks()).toBe(0));
  expect(page.listeners()).toBe(0);
  expect(clock.pending).toBe(0);
}

describe('the answer of another window', () => {
  it('arrives from the own callback page', async () => {
    const { answer } = await waiting();
    page.message(relayed(`code=abc&state=${state}`), { origin: own, source });
    expect(`${await answer}`).toBe(`${callback}?code=abc&state=${state}`);
    await expectNothingLeft();
  });

  it('arrives from the own callback page with its parameters in the fragment', async () => {
    const { answer } = await waiting();
    const url = `${callback}#id_token=abc&state=${state}`;
    page.message({ type: 'relier:response', url }, { origin: own, source });
    expect(`${await answer}`).toBe(url);
  });

  it('arrives from the own callback page with its state inside of a protected response', async () => {
    const { answer } = await waiting();
    page.message(relayed('response=eyJ'), { origin: own, source });
    expect(`${await answer}`).toBe(`${callback}?response=eyJ`);
  });

  it('arrives on the channel that the state leads to', async () => {
    const { answer } = await waiting();
    const channel = new BroadcastChannel(relayName(state));
    channel.postMessage(relayed(`error=access_denied&state=${state}`));
    expect(`${await answer}`).toBe(`${callback}?error=access_denied&state=${state}`);
    channel.close();
    await expectNothingLeft();
  });

  it.each([
    ['the standard', { type: 'authorization_response', response: { code: 'abc', state } }],
    ["Okta's", { code: 'abc', state }],
    ["Okta's, with an error", { error: 'login_required', error_description: 'x', state }],
  ])('arrives in %s message of the provider', async (_name, data) => {
    const { answer } = await waiting();
    page.message(data, { origin: provider, source });
    expect(await answer).toEqual(data);
    await expectNothingLeft();
  });

  const good = relayed(`code=abc&state=${state}`);
  const message = { type: 'authorization_response', response: { code: 'abc', state } };
  it.each<[string, unknown, string, unknown]>([
    ['another origin (PM-01)', good, 'https://evil.example', source],
    ['another origin, as the provider (PM-01)', message, 'https://evil.example', source],
    ['another window of the own origin (PM-02)', good, own, {}],
    ['another window of the provider (PM-02)', message, provider, {}],
    ['no window at all (PM-02)', good, own, null],
    ['an origin that begins like the own one (PM-03)', good, `${own}.evil.org`, source],
    ['an origin that begins like the provider (PM-03)', message, `${provider}.evil.org`, source],
    ['the origin of a sandbox (PM-03)', good, 'null', source],
    ['the own origin with another port (PM-03)', good, `${own}:444`, source],
    ['the own origin without TLS (PM-03)', good, 'http://rp.example', source],
    ['the provider, in the words of the callback page', good, provider, source],
    ['the callback page, in the words of the provider', message, own, source],
    ['the own page with another state (PM-05)', relayed('code=a&state=other'), own, source],
    ['the own page without a state (PM-05)', relayed('code=a'), own, source],
    ['the provider with another state (PM-05)', { code: 'a', state: 'other' }, provider, source],
    ['the provider without a state (PM-05)', { code: 'a' }, provider, source],
    ['the provider with two levels', { response: { response: { state } } }, provider, source],
    ['somebody with nothing to say', undefined, own, source],
    ['somebody with null', null, provider, source],
    ['somebody with a text', JSON.stringify(good), own, source],
    ['somebody with a number', 1, provider, source],
    ['somebody with a list', [good], own, source],
    ['somebody with no address', { type: 'relier:response', url: 'nonsense' }, own, source],
    ['somebody with a false address', { type: 'relier:response', url: {} }, own, source],
  ])('is not what comes from %s', async (_name, data, origin, from) => {
    const { answer, answers } = await waiting();
    page.message(data, { origin, source: from });
    await new Promise(setImmediate);
    expect(answers).toEqual([]);
    // The wait goes on, and the right one still counts.
    page.message(good, { origin: own, source });
    expect(`${await answer}`).toBe(good.url);
  });

  it('is the first one only', async () => {
    const { answer, answers } = await waiting();
    page.message(good, { origin: own, source });
    page.message(relayed(`code=second&state=${state}`), { origin: own, source });
    await answer;
    page.message(relayed(`code=third&state=${state}`), { origin: own, source });
    expect(answers.map(String)).toEqual([good.url]);
    await expectNothingLeft();
  });

  it('does not come in time', async () => {
    const { answer } = await waiting();
    clock.advance(60_000);
    expect(await failureOf(answer)).toMatchObject({
      name: 'TimeoutError',
      code: 'timeout',
      phase: 'authorization',
      retryable: true,
    });
    await expectNothingLeft();
  });

  it('is not waited for any longer when the caller gives up', async () => {
    const { answer } = await waiting();
    const reason = new Error('enough');
    aborter.abort(reason);
    await expect(answer).rejects.toBe(reason);
    await expectNothingLeft();
  });

  it('is not asked for when the caller has given up before', async () => {
    aborter.abort(new Error('enough'));
    const start = vi.fn();
    const url = new URL(provider);
    const { signal } = aborter;
    const about = { source: () => null, url, state, clock, timeoutMs: 1, signal, start };
    await expect(windowAnswer(about)).rejects.toThrow('enough');
    await new Promise(setImmediate);
    expect(start).not.toHaveBeenCalled();
    await expectNothingLeft();
  });
});
