import { describe, expect, it } from 'vitest';
import type { SessionRecord } from '../../src/session/session-record.ts';
import { failureOf } from '../support/relying-party.ts';
import { defer, json } from '../support/scripted-web.ts';
import {
  createLifecycle,
  jwks,
  keysAs,
  lifetime,
  minute,
  sessionKit,
} from '../support/session-kit.ts';
import { quiet, until } from '../support/turns.ts';

const isRotated = ({ refreshToken }: SessionRecord) => refreshToken !== 'refresh-canary-0';
const isChecked = ({ intent, pending }: SessionRecord) => !intent && !pending;

describe('a refresh that has not ended yet', () => {
  it('is asked for again where its token is over before it can be handed on', async () => {
    const kit = sessionKit();
    const owner = await kit.expired();
    const { asked, release } = kit.hold();
    const own = owner.session.getAccessToken();
    await asked;
    const { session } = kit.open();
    await session.restore();
    const token = session.getAccessToken();
    await quiet();
    kit.answer();
    let isOver = false;
    // As for somebody who stands still right after the news.
    session.subscribe(() => {
      if (!isOver) kit.clock.setWall(kit.clock.now() + lifetime + 1);
      isOver = true;
    });
    release();
    await own.catch(() => {});
    expect(await token).toBe('access-canary-2');
    expect(kit.isReused()).toBe(false);
  });

  it('does not do for a caller who rejects what it has brought', async () => {
    const kit = sessionKit();
    const { session, store, told } = await kit.expired();
    const halt = store.halt('write', { when: 'after', only: isChecked });
    const first = session.getAccessToken();
    await halt.reached;
    await until(() => told().includes('refreshed'));
    const rejected = 'access-canary-1';
    const others = [session.getAccessToken({ rejected }), session.getAccessToken({ rejected })];
    await quiet();
    halt.release();
    expect(await Promise.all(others)).toEqual(['access-canary-2', 'access-canary-2']);
    await first;
    expect(kit.refreshes()).toBe(2);
  });

  it('does for a caller who joins it with a wish for another token', async () => {
    const kit = sessionKit();
    const { session } = await kit.expired();
    const held = kit.hold();
    const first = session.getAccessToken();
    await held.asked;
    const rejected = 'access-canary-0';
    const others = [
      session.getAccessToken({ rejected }),
      session.getAccessToken({ force: true }),
      session.getAccessToken({ minValiditySeconds: 60 }),
    ];
    held.release();
    expect(new Set(await Promise.all([first, ...others]))).toEqual(new Set(['access-canary-1']));
    expect(kit.refreshes()).toBe(1);
  });
});

describe('a pause', () => {
  it('is no reason to overlook what others have got, where nobody tells of it', async () => {
    const kit = sessionKit();
    kit.inner.watch = () => () => {};
    const { session } = await kit.expired();
    kit.answer(() => json({}, 503));
    await failureOf(session.getAccessToken());
    kit.answer();
    const other = kit.open();
    kit.clock.advance(500);
    const { failure, ...record } = await kit.stored();
    await kit.putRecord(JSON.stringify(record));
    await other.session.getAccessToken();
    expect(failure.attempts).toBe(1);
    expect(await session.getAccessToken()).toBe('access-canary-1');
    expect(kit.refreshes()).toBe(2);
  });
});

describe('a verdict', () => {
  it('does not count where somebody has rotated in the last moment', async () => {
    const kit = sessionKit();
    kit.inner.watch = () => () => {};
    const { session, store, told } = await kit.expired();
    const other = kit.open();
    other.store.takeLocks();
    const held = kit.hold(() => json({ error: 'invalid_grant' }, 400));
    const token = session.getAccessToken();
    await held.asked;
    const halt = store.halt('read', { when: 'after' });
    held.release();
    await halt.reached;
    kit.answer();
    expect(await other.session.getAccessToken({ force: true })).toBe('access-canary-1');
    halt.release();
    expect(await token).toBe('access-canary-1');
    expect(told()).toEqual(['signedIn', 'refreshed']);
    expect((await kit.stored()).refreshToken).toBe('refresh-canary-1');
  });

  it('does not count where the record is gone already', async () => {
    const kit = sessionKit();
    kit.inner.watch = () => () => {};
    const { session, told } = await kit.expired();
    const held = kit.hold(() => json({ error: 'invalid_grant' }, 400));
    const failure = failureOf(session.getAccessToken());
    await held.asked;
    await kit.deleteRecord();
    held.release();
    expect(await failure).toMatchObject({ code: 'interaction_required' });
    expect(told()).toEqual(['signedIn', 'signedOut elsewhere']);
  });
});

describe('what the store takes at last', () => {
  async function saving() {
    const kit = sessionKit();
    const context = await kit.expired();
    const recover = context.store.refuse('write', { only: isRotated });
    await context.session.getAccessToken();
    recover();
    return { kit, ...context };
  }

  it('is followed by what has been renewed meanwhile', async () => {
    const { kit, session, store } = await saving();
    const halt = store.halt('write', { only: isRotated });
    kit.clock.advance(lifetime + 1);
    await halt.reached;
    const token = session.getAccessToken();
    await quiet();
    halt.release();
    expect(await token).toBe('access-canary-2');
    await quiet();
    expect(await kit.stored()).toMatchObject({ refreshToken: 'refresh-canary-2' });
    expect([kit.isReused(), kit.clock.pending]).toEqual([false, 0]);
  });

  it.each(['before', 'after'] as const)(
    'is nobody’s where the person signs out just then: %s',
    async (when) => {
      const { kit, session, store } = await saving();
      const halt = store.halt('write', { when, only: isRotated });
      kit.clock.advance(250);
      await halt.reached;
      await session.signOut();
      halt.release();
      await quiet();
      expect([session.current().status, await kit.stored()]).toEqual(['signedOut', undefined]);
      expect(kit.revoked).toContain('refresh-canary-1');
      expect(kit.clock.pending).toBe(0);
    },
  );

  it('is nobody’s where the person signs out while it is compared', async () => {
    const { kit, session, store } = await saving();
    await kit.putRecord(JSON.stringify({ ...(await kit.stored()), touched: true }));
    await quiet();
    const halt = store.halt('read', { when: 'after' });
    kit.clock.advance(250);
    await quiet();
    const signedOut = session.signOut();
    await quiet();
    halt.release();
    await signedOut;
    await quiet();
    expect([session.current().status, await kit.stored()]).toEqual(['signedOut', undefined]);
  });

  it('finds its place where others have only failed meanwhile', async () => {
    const kit = sessionKit();
    const { session, store } = await kit.expired();
    const recover = store.refuse('write', { only: isRotated });
    await session.getAccessToken();
    const other = kit.open();
    other.store.takeLocks();
    kit.answer(() => json({}, 503));
    await failureOf(other.session.getAccessToken());
    recover();
    kit.clock.advance(minute);
    await quiet();
    expect((await kit.stored()).refreshToken).toBe('refresh-canary-1');
    expect(await other.session.getAccessToken()).toBe('access-canary-1');
  });
});

describe('a context that is about to be frozen', () => {
  it('sends no refresh that is still being prepared', async () => {
    const kit = sessionKit();
    const lifecycle = createLifecycle();
    const { session } = await kit.expired({ lifecycle });
    const keys = defer<Response>();
    kit.op.web.on(jwks, () => keys.promise);
    const token = session.getAccessToken();
    await until(() => kit.op.web.count(jwks) === 1);
    lifecycle.suspend();
    keys.resolve(keysAs('server-1')());
    await quiet();
    expect(kit.refreshes()).toBe(0);
    lifecycle.wake();
    expect(await token).toBe('access-canary-1');
  });

  it('sends no refresh that has waited for the lock', async () => {
    const kit = sessionKit();
    const lifecycle = createLifecycle();
    const { session, store } = await kit.expired({ lifecycle });
    const halt = store.halt('lock');
    const token = session.getAccessToken();
    await halt.reached;
    lifecycle.suspend();
    halt.release();
    await quiet();
    expect(kit.refreshes()).toBe(0);
    lifecycle.wake();
    expect(await token).toBe('access-canary-1');
    expect(kit.refreshes()).toBe(1);
  });

  it('wakes up to a session that is signed out, and asks for nothing', async () => {
    const kit = sessionKit();
    const lifecycle = createLifecycle();
    const { session } = await kit.expired({ lifecycle });
    kit.answer(() => json({}, 503));
    await failureOf(session.getAccessToken());
    await session.signOut();
    lifecycle.wake();
    await quiet();
    expect([kit.refreshes(), session.current().status]).toEqual([1, 'signedOut']);
  });
});
