import { describe, expect, it } from 'vitest';
import { failureOf } from '../support/relying-party.ts';
import { createLifecycle, lifetime, sessionKit } from '../support/session-kit.ts';
import { quiet } from '../support/turns.ts';

describe('close', () => {
  it('lets go of the store, the notifier and the lifecycle', async () => {
    const kit = sessionKit();
    const lifecycle = createLifecycle();
    const news = createLifecycle();
    let isWatched = 0;
    const watch = kit.inner.watch;
    kit.inner.watch = (key, listener) => {
      isWatched += 1;
      const stop = watch?.(key, listener);
      return () => {
        isWatched -= 1;
        stop?.();
      };
    };
    const notifier = { notify: () => {}, listen: news.listen };
    const { session } = await kit.signedIn({ lifecycle, notifier });
    expect([isWatched, news.listeners(), lifecycle.listeners()]).toEqual([1, 1, 1]);
    session.close();
    session.close();
    expect([isWatched, news.listeners(), lifecycle.listeners()]).toEqual([0, 0, 0]);
    await quiet();
    expect(kit.clock.pending).toBe(0);
  });

  it('refuses every later call', async () => {
    const kit = sessionKit();
    const { session } = await kit.signedIn({ resources: [{ url: 'https://api.example' }] });
    session.close();
    for (const call of [
      () => session.getAccessToken({ force: true }),
      () => session.restore(),
      () => session.establish(kit.tokens()),
      () => session.signOut(),
      () => session.userInfo(),
      () => session.fetch('https://api.example/'),
      () => session.getAccessToken(),
    ]) {
      expect(await failureOf(call)).toMatchObject({ code: 'invalid_option', option: 'session' });
    }
    expect(await kit.stored()).toBeDefined();
    expect(kit.op.web.requests).toEqual([]);
  });

  it('leaves the session to others', async () => {
    const kit = sessionKit();
    const { session } = await kit.signedIn();
    session.close();
    expect(await kit.open().session.getAccessToken()).toBe('access-canary-0');
  });

  it('tells nothing any more', async () => {
    const kit = sessionKit();
    const { session, told } = await kit.signedIn();
    session.close();
    await kit.open().session.signOut();
    await quiet();
    expect(told()).toEqual(['signedIn']);
  });

  it('leaves nobody waiting for a lock', async () => {
    const kit = sessionKit();
    const one = await kit.expired();
    const other = kit.open();
    const held = kit.hold();
    const token = one.session.getAccessToken();
    await held.asked;
    const failure = failureOf(other.session.getAccessToken());
    await quiet();
    other.session.close();
    expect(await failure).toMatchObject({ code: 'aborted' });
    held.release();
    expect(await token).toBe('access-canary-1');
    expect(kit.clock.pending).toBe(0);
  });

  it('does not lose what a refresh brings that is under way', async () => {
    const kit = sessionKit();
    const { session } = await kit.expired();
    const held = kit.hold();
    const token = session.getAccessToken().catch(() => {});
    await held.asked;
    session.close();
    held.release();
    await token;
    expect((await kit.stored()).refreshToken).toBe('refresh-canary-1');
    kit.clock.advance(lifetime);
    expect(kit.clock.pending).toBe(0);
  });

  it('stores at last what the store has refused so far', async () => {
    const kit = sessionKit();
    const { session, store } = await kit.expired();
    const recover = store.refuse('write', { only: ({ intent }) => !intent });
    await session.getAccessToken();
    recover();
    session.close();
    await quiet();
    expect((await kit.stored()).refreshToken).toBe('refresh-canary-1');
    expect(kit.clock.pending).toBe(0);
  });
});
