import { describe, expect, it } from 'vitest';
import { type Clock, createSession } from '../../src/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { json } from '../support/scripted-web.ts';
import { lifetime, minute, sessionKit } from '../support/session-kit.ts';
import { quiet } from '../support/turns.ts';

describe('minValiditySeconds', () => {
  it('waits for a newer token where the one at hand lives too short', async () => {
    const kit = sessionKit();
    const { session } = await kit.signedIn();
    kit.clock.advance(lifetime - 4 * minute);
    expect(await session.getAccessToken({ minValiditySeconds: 239 })).toBe('access-canary-0');
    expect(await session.getAccessToken({ minValiditySeconds: 240 })).toBe('access-canary-1');
  });

  it('is content with half a life where the server gives no longer ones', async () => {
    const kit = sessionKit();
    const { session } = await kit.signedIn();
    const oneDay = { minValiditySeconds: 86_400 };
    for (let elapsed = 0; elapsed < 10 * lifetime; elapsed += 10_000) {
      await session.getAccessToken(oneDay);
      kit.clock.advance(10_000);
    }
    expect(kit.refreshes()).toBeGreaterThanOrEqual(10);
    expect(kit.refreshes()).toBeLessThanOrEqual(20);
  });

  it('is no reason to have no token at all', async () => {
    const kit = sessionKit();
    const { session } = await kit.signedIn();
    kit.answer(() => json({}, 503));
    kit.clock.advance(lifetime - 2 * minute);
    expect(await session.getAccessToken({ minValiditySeconds: 300 })).toBe('access-canary-0');
    expect(kit.refreshes()).toBe(1);
  });

  it('does not end a session without a refresh token early', async () => {
    const kit = sessionKit();
    const { session, told } = await kit.signedIn({}, { refreshToken: undefined as never });
    kit.clock.advance(lifetime - 2 * minute);
    expect(await session.getAccessToken({ minValiditySeconds: 300 })).toBe('access-canary-0');
    expect([session.current().status, told()]).toEqual(['signedIn', ['signedIn']]);
  });
});

describe('an access token', () => {
  it('without expires_in lives until it is rejected', async () => {
    const kit = sessionKit();
    const { session } = await kit.expired();
    kit.answer(() => json(kit.granted({ expires_in: undefined })));
    await session.getAccessToken();
    kit.clock.advance(365 * 24 * 60 * minute);
    expect(await session.getAccessToken({ minValiditySeconds: 86_400 })).toBe('access-canary-1');
    expect(session.current().expiresAt).toBeUndefined();
    expect(await session.getAccessToken({ rejected: 'access-canary-1' })).toBe('access-canary-2');
    expect(kit.refreshes()).toBe(2);
  });

  it('with expires_in 0 is given to those who waited for it, and to nobody else', async () => {
    const kit = sessionKit();
    const { session } = await kit.expired();
    kit.answer(() => json(kit.granted({ expires_in: 0 })));
    const waiting = [session.getAccessToken(), session.getAccessToken()];
    expect(await Promise.all(waiting)).toEqual(['access-canary-1', 'access-canary-1']);
    expect(await session.getAccessToken()).toBe('access-canary-2');
    expect(kit.refreshes()).toBe(2);
  });

  it('is counted from the moment of asking', async () => {
    const kit = sessionKit();
    const { session } = await kit.expired();
    kit.answer(() => {
      kit.clock.advance(5_000);
      return json(kit.granted({ expires_in: 60 }));
    });
    const askedAt = kit.clock.now();
    await session.getAccessToken();
    expect(session.current().expiresAt).toBe(askedAt + 60_000);
  });
});

describe('an access token expires', () => {
  it('at its last millisecond', async () => {
    const kit = sessionKit();
    const { session } = await kit.signedIn({}, { refreshToken: undefined as never });
    kit.clock.advance(lifetime - 1);
    expect(await session.getAccessToken()).toBe('access-canary-0');
    kit.clock.advance(1);
    await expect(session.getAccessToken()).rejects.toMatchObject({ code: 'interaction_required' });
  });

  it('early where the wall clock is set forward, at the cost of one refresh', async () => {
    const kit = sessionKit();
    const { session } = await kit.signedIn();
    kit.clock.setWall(kit.clock.now() + 60 * minute);
    expect(await session.getAccessToken()).toBe('access-canary-1');
    kit.clock.advance(minute);
    expect(await session.getAccessToken()).toBe('access-canary-1');
    expect(kit.refreshes()).toBe(1);
  });

  it('no later where the wall clock is set back', async () => {
    const kit = sessionKit();
    const { session } = await kit.signedIn();
    kit.clock.setWall(kit.clock.now() - 20_000);
    expect(await session.getAccessToken()).toBe('access-canary-0');
    kit.clock.advance(lifetime);
    expect(await session.getAccessToken()).toBe('access-canary-1');
  });

  it('where it seems to come from the future', async () => {
    const kit = sessionKit();
    const { session } = await kit.signedIn();
    kit.clock.setWall(kit.clock.now() - 31_000);
    expect(await session.getAccessToken()).toBe('access-canary-1');
    expect(kit.refreshes()).toBe(1);
  });

  it('in another session, too, that reads it with a clock that is behind', async () => {
    const kit = sessionKit();
    await kit.signedIn();
    kit.clock.setWall(kit.clock.now() - 5 * minute);
    const { session } = kit.open();
    expect(await session.getAccessToken()).toBe('access-canary-1');
  });

  it('by the wall clock while the monotonic one stands still', async () => {
    const kit = sessionKit();
    const wall = createFakeClock();
    const clock: Clock = { ...wall, now: wall.now, monotonic: () => 1_000 };
    const session = createSession({ client: kit.op.client({ clock }), store: kit.inner });
    await session.establish(kit.tokens());
    wall.advance(lifetime + 1);
    expect(await session.getAccessToken()).toBe('access-canary-1');
  });

  it('by the monotonic clock while the wall clock stands still', async () => {
    const kit = sessionKit();
    const wall = kit.clock.now();
    const { session } = await kit.signedIn();
    kit.clock.advance(lifetime + 1);
    kit.clock.setWall(wall);
    expect(await session.getAccessToken()).toBe('access-canary-1');
  });
});

describe('a session without a refresh token', () => {
  it('stays signed in as long as its token lives', async () => {
    const kit = sessionKit();
    const { session, store, told } = await kit.signedIn({}, { refreshToken: undefined as never });
    kit.clock.advance(lifetime - 10_000);
    expect(await session.getAccessToken()).toBe('access-canary-0');
    await quiet();
    expect([session.current().status, told()]).toEqual(['signedIn', ['signedIn']]);
    expect(store.count('lock')).toBe(0);
  });

  it('needs the person when its token has expired, without a loop and without a request', async () => {
    const kit = sessionKit();
    const { session, told } = await kit.expired({}, { refreshToken: undefined as never });
    for (let n = 0; n < 3; n += 1) {
      await expect(session.getAccessToken()).rejects.toMatchObject({
        code: 'interaction_required',
        error: 'login_required',
        retryable: false,
      });
    }
    expect(session.current()).toMatchObject({
      status: 'needsInteraction',
      scope: 'openid orders',
      claims: { sub: 'ada' },
    });
    expect([told(), kit.op.web.requests.length]).toEqual([['signedIn', 'needsInteraction'], 0]);
  });

  it('is signed in again by a new sign-in', async () => {
    const kit = sessionKit();
    const { session, told } = await kit.expired({}, { refreshToken: undefined as never });
    await expect(session.getAccessToken()).rejects.toThrow();
    await session.establish(kit.tokens({ accessToken: 'access-canary-again' }));
    expect(session.current().status).toBe('signedIn');
    expect(await session.getAccessToken()).toBe('access-canary-again');
    expect(told()).toEqual(['signedIn', 'needsInteraction', 'signedIn']);
  });
});
