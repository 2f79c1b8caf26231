import { describe, expect, it } from 'vitest';
import { failureOf } from '../support/relying-party.ts';
import { json } from '../support/scripted-web.ts';
import { createLifecycle, lifetime, minute, sessionKit } from '../support/session-kit.ts';
import { quiet, until } from '../support/turns.ts';

const outage =
  (headers: Record<string, string> = {}) =>
  () =>
    json({}, 503, headers);

describe('after a failed refresh', () => {
  it('leaves the server alone until the pause is over, and longer after each failure', async () => {
    const kit = sessionKit();
    const { session } = await kit.expired();
    kit.answer(outage());
    const pauses = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000];
    for (const [n, pause] of pauses.entries()) {
      const failure = await failureOf(session.getAccessToken());
      expect(kit.refreshes()).toBe(n + 1);
      kit.clock.advance(pause - 1);
      expect(await failureOf(session.getAccessToken())).toBe(failure);
      expect(kit.refreshes()).toBe(n + 1);
      kit.clock.advance(1);
    }
  });

  it('starts over after a success', async () => {
    const kit = sessionKit();
    const { session } = await kit.expired();
    kit.answer(outage());
    for (let n = 0; n < 5; n += 1) {
      await failureOf(session.getAccessToken());
      kit.clock.advance(minute);
    }
    kit.answer();
    await session.getAccessToken();
    kit.answer(outage());
    kit.clock.advance(lifetime + 1);
    await failureOf(session.getAccessToken());
    kit.answer();
    kit.clock.advance(1_000);
    expect(await session.getAccessToken()).toBe('access-canary-2');
  });

  it.each([
    [0, 0],
    [0.25, 500],
    [0.999, 1_998],
  ])('spreads the pause by chance: %s', async (random, pause) => {
    const kit = sessionKit();
    const { session } = await kit.expired({ random: () => random });
    kit.answer(outage());
    await failureOf(session.getAccessToken());
    const { failedAt, retryAt } = (await kit.stored()).failure;
    expect(retryAt - failedAt).toBe(pause);
  });

  it.each([
    ['30', 30_000],
    ['600', 600_000],
    ['86400', 600_000],
  ])('waits as long as the server asks: %s s', async (retryAfter, asked) => {
    const kit = sessionKit();
    const { session } = await kit.expired();
    kit.answer(() => json({}, 429, { 'retry-after': retryAfter }));
    expect(await failureOf(session.getAccessToken())).toMatchObject({
      status: 429,
      retryAfterMs: Number(retryAfter) * 1_000,
    });
    kit.clock.advance(asked);
    await failureOf(session.getAccessToken());
    expect(kit.refreshes()).toBe(1);
    kit.answer();
    kit.clock.advance(1_000);
    expect(await session.getAccessToken()).toBe('access-canary-1');
  });

  it('tells other sessions on the store to wait, too', async () => {
    const kit = sessionKit();
    const one = await kit.expired();
    kit.answer(() => json({}, 429, { 'retry-after': '30' }));
    await failureOf(one.session.getAccessToken());
    const other = kit.open();
    expect(await failureOf(other.session.getAccessToken())).toMatchObject({
      name: 'TransportError',
      code: 'refresh_postponed',
      phase: 'session',
      retryable: true,
      reason: 'http_status',
      retryAfterMs: 31_000,
    });
    expect(kit.refreshes()).toBe(1);
    kit.answer();
    kit.clock.advance(31_000);
    expect(await other.session.getAccessToken()).toBe('access-canary-1');
  });

  it('takes what another session has got meanwhile', async () => {
    const kit = sessionKit();
    const one = await kit.expired();
    kit.answer(outage());
    await failureOf(one.session.getAccessToken());
    kit.clock.advance(500);
    const { failure, ...record } = await kit.stored();
    await kit.putRecord(JSON.stringify(record));
    kit.answer();
    expect(await kit.open().session.getAccessToken()).toBe('access-canary-1');
    expect(await one.session.getAccessToken()).toBe('access-canary-1');
    expect([failure.attempts, kit.refreshes()]).toEqual([1, 2]);
  });

  it('does not wait for ever where a clock is set back', async () => {
    const kit = sessionKit();
    const { session } = await kit.expired();
    kit.clock.advance(minute);
    kit.answer(outage());
    await failureOf(session.getAccessToken());
    kit.clock.setWall(kit.clock.now() - 20_000);
    kit.answer();
    expect(await kit.open().session.getAccessToken()).toBe('access-canary-1');
  });

  it('does not take a new sign-in for the old failure', async () => {
    const kit = sessionKit();
    const { session } = await kit.expired();
    kit.answer(outage());
    await failureOf(session.getAccessToken());
    await session.establish(kit.tokens());
    kit.answer();
    expect(await session.getAccessToken({ force: true })).toBe('access-canary-1');
  });
});

describe('a context that wakes up', () => {
  async function failed(responder: () => Response) {
    const kit = sessionKit();
    const lifecycle = createLifecycle();
    const context = await kit.expired({ lifecycle });
    kit.answer(responder);
    await failureOf(context.session.getAccessToken());
    kit.answer();
    return { ...context, kit, lifecycle };
  }

  it('tries again what failed, at once', async () => {
    const { kit, lifecycle, session, told } = await failed(outage());
    lifecycle.wake();
    await until(() => told().includes('refreshed'));
    expect(kit.refreshes()).toBe(2);
    expect(await session.getAccessToken()).toBe('access-canary-1');
  });

  it.each(['invalid_client', 'invalid_scope', 'interaction_required'])(
    'leaves %s to the callers',
    async (error) => {
      const { kit, lifecycle } = await failed(() => json({ error }, 400));
      kit.clock.advance(minute);
      lifecycle.wake();
      await quiet();
      expect(kit.refreshes()).toBe(1);
    },
  );

  it('waits as long as the server asked', async () => {
    const { kit, lifecycle, session } = await failed(outage({ 'retry-after': '60' }));
    lifecycle.wake();
    await quiet();
    await failureOf(session.getAccessToken());
    expect(kit.refreshes()).toBe(1);
  });

  it('reads the store before it gives a token', async () => {
    const kit = sessionKit();
    const lifecycle = createLifecycle();
    const { session } = await kit.signedIn({ lifecycle, notifier: undefined });
    lifecycle.suspend();
    await kit.deleteRecord();
    lifecycle.wake();
    expect(await failureOf(session.getAccessToken())).toMatchObject({
      code: 'interaction_required',
    });
  });

  it('does nothing before its first use', async () => {
    const kit = sessionKit();
    const lifecycle = createLifecycle();
    const { store } = kit.open({ lifecycle });
    lifecycle.wake();
    await quiet();
    expect(store.count()).toBe(0);
  });
});

describe('a context that is about to be frozen', () => {
  it('starts no refresh, and goes on when it is awake', async () => {
    const kit = sessionKit();
    const lifecycle = createLifecycle();
    const { session, store } = await kit.expired({ lifecycle });
    lifecycle.suspend();
    const token = session.getAccessToken();
    await quiet();
    expect([kit.refreshes(), store.count('lock')]).toEqual([0, 0]);
    lifecycle.wake();
    expect(await token).toBe('access-canary-1');
    expect(lifecycle.listeners()).toBe(1);
  });

  it('gives the token that still lives, and renews nothing ahead', async () => {
    const kit = sessionKit();
    const lifecycle = createLifecycle();
    const { session, store } = await kit.signedIn({ lifecycle });
    lifecycle.suspend();
    kit.clock.advance(lifetime - 10_000);
    expect(await session.getAccessToken()).toBe('access-canary-0');
    await quiet();
    expect(store.count('lock')).toBe(0);
  });

  it('makes nobody else wait for what it has heard last, since its requests are cut off', async () => {
    const kit = sessionKit();
    const lifecycle = createLifecycle();
    const { session, told } = await kit.expired({ lifecycle });
    const other = kit.open();
    await other.session.restore();
    const held = kit.hold(() => Promise.reject(new TypeError('Failed to fetch')));
    const failure = failureOf(session.getAccessToken());
    await held.asked;
    lifecycle.suspend();
    held.release();
    expect(await failure).toMatchObject({ code: 'network_error' });
    expect(told()).not.toContain('refreshFailed');
    kit.answer();
    expect(await other.session.getAccessToken()).toBe('access-canary-1');
    expect(kit.refreshes()).toBe(2);
  });

  it('leaves nobody waiting who is closed meanwhile', async () => {
    const kit = sessionKit();
    const lifecycle = createLifecycle();
    const { session } = await kit.expired({ lifecycle });
    lifecycle.suspend();
    const failure = failureOf(session.getAccessToken());
    await quiet();
    session.close();
    expect(await failure).toMatchObject({ code: 'aborted' });
    expect(lifecycle.listeners()).toBe(0);
  });
});
