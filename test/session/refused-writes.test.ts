import { describe, expect, it } from 'vitest';
import type { SessionRecord } from '../../src/session/session-record.ts';
import { failureOf } from '../support/relying-party.ts';
import { json } from '../support/scripted-web.ts';
import { lifetime, minute, sessionKit } from '../support/session-kit.ts';
import { quiet } from '../support/turns.ts';

const writes: [name: string, only: (record: SessionRecord) => boolean][] = [
  ['the intent', ({ intent }) => !!intent],
  ['the answer', ({ pending }) => !!pending],
  ['the checked tokens', ({ intent, pending }) => !intent && !pending],
];

describe('a store that refuses', () => {
  it('the intent: nothing is sent, nothing is lost', async () => {
    const kit = sessionKit();
    const { session, store } = await kit.expired();
    const recover = store.refuse('write');
    expect(await failureOf(session.getAccessToken())).toMatchObject({
      name: 'StorageError',
      code: 'storage_failed',
    });
    expect([kit.refreshes(), session.current().status]).toEqual([0, 'signedIn']);
    recover();
    expect(await session.getAccessToken()).toBe('access-canary-1');
    expect([kit.refreshes(), kit.isReused()]).toEqual([1, false]);
  });

  it('the intent of a refresh ahead: the old token is good enough', async () => {
    const kit = sessionKit();
    const { session, store } = await kit.signedIn();
    const recover = store.refuse('write');
    kit.clock.advance(lifetime - 10_000);
    expect(await session.getAccessToken()).toBe('access-canary-0');
    await quiet();
    expect(kit.refreshes()).toBe(0);
    recover();
    await session.getAccessToken();
    await quiet();
    expect(await session.getAccessToken()).toBe('access-canary-1');
  });

  it.each(writes)('%s once: the session goes on, and nothing is spent twice', async (_, only) => {
    const kit = sessionKit();
    const { session, store } = await kit.expired();
    store.refuse('write', { only, times: 1 });
    await session.getAccessToken().catch(() => {});
    expect(await session.getAccessToken()).toBe('access-canary-1');
    expect([kit.refreshes(), kit.isReused()]).toEqual([1, false]);
    kit.clock.advance(lifetime + 1);
    expect(await kit.open().session.getAccessToken()).toBe('access-canary-2');
    await quiet();
    expect(await session.getAccessToken()).toBe('access-canary-2');
    expect(kit.isReused()).toBe(false);
  });

  it.each([
    ...writes.map(([name, only]) => [name, 'with news', only, true] as const),
    ...writes.map(([name, only]) => [name, 'without news', only, false] as const),
  ])('%s and has taken it, %s: nothing is spent twice', async (_, __, only, hasNews) => {
    const kit = sessionKit();
    if (!hasNews) kit.inner.watch = () => () => {};
    const { session, store, told } = await kit.expired();
    store.refuse('write', { only, times: 1, when: 'after' });
    await session.getAccessToken().catch(() => {});
    expect(await session.getAccessToken()).toBe('access-canary-1');
    await quiet();
    expect([kit.refreshes(), kit.isReused()]).toEqual([1, false]);
    expect(told().filter((type) => type === 'refreshed')).toHaveLength(1);
    const { intent, pending, refreshToken, tokens } = await kit.stored();
    expect([intent, pending, refreshToken]).toEqual([undefined, undefined, 'refresh-canary-1']);
    expect(tokens).toMatchObject([{ accessToken: 'access-canary-1' }]);
    expect(kit.clock.pending).toBe(0);
  });

  it('the checked tokens: they are handed out, and others check for themselves', async () => {
    const kit = sessionKit();
    const { session, store, told } = await kit.expired();
    store.refuse('write', { only: ({ intent, pending }) => !intent && !pending });
    expect(await session.getAccessToken()).toBe('access-canary-1');
    expect(told()).toEqual(['signedIn', 'storageDegraded', 'refreshed']);
    expect((await kit.stored()).pending).toBeDefined();
    const other = kit.open();
    expect(await other.session.getAccessToken()).toBe('access-canary-1');
    await quiet();
    expect([kit.refreshes(), await session.getAccessToken()]).toEqual([1, 'access-canary-1']);
  });

  it('a failure: the pause counts here all the same', async () => {
    const kit = sessionKit();
    const { session, store } = await kit.expired();
    kit.answer(() => json({}, 503));
    store.refuse('write', { only: ({ failure }) => !!failure });
    await failureOf(session.getAccessToken());
    await failureOf(session.getAccessToken());
    expect(kit.refreshes()).toBe(1);
    kit.answer();
    kit.clock.advance(minute);
    expect(await session.getAccessToken()).toBe('access-canary-1');
  });

  it('to keep that an answer was lost: it is told with the next intent', async () => {
    const kit = sessionKit();
    const { events, session, store } = await kit.expired();
    kit.answer((request) => {
      void kit.rotate(request);
      throw new TypeError('connection reset');
    });
    store.refuse('write', { only: ({ failure }) => !!failure, times: 1 });
    await failureOf(session.getAccessToken());
    kit.answer();
    kit.clock.advance(minute);
    await failureOf(session.getAccessToken());
    expect(events.at(-1)).toMatchObject({ reason: 'ended', answerLost: true });
  });

  it('to be read, once the token is over: the caller learns why, and nothing is sent', async () => {
    const kit = sessionKit();
    const { session, store } = await kit.expired();
    const recover = store.refuse('read');
    expect(await failureOf(session.getAccessToken())).toMatchObject({ code: 'storage_failed' });
    expect([kit.refreshes(), session.current().status]).toEqual([0, 'signedIn']);
    recover();
    expect(await session.getAccessToken()).toBe('access-canary-1');
  });

  it('its lock: the caller learns why, and nothing is sent', async () => {
    const kit = sessionKit();
    const { session, store } = await kit.expired();
    const recover = store.refuse('lock');
    expect(await failureOf(session.getAccessToken())).toMatchObject({ code: 'storage_failed' });
    recover();
    expect(await session.getAccessToken()).toBe('access-canary-1');
  });

  it('everything for a while, at any moment: no token is lost', async () => {
    for (const operation of ['read', 'write', 'lock'] as const) {
      for (const when of ['before', 'after'] as const) {
        for (const times of [1, 2, 3, 4]) {
          const kit = sessionKit();
          const { session, store } = await kit.expired();
          const recover = store.refuse(operation, { when, times });
          for (let n = 0; n < 4; n += 1) await session.getAccessToken().catch(() => {});
          recover();
          kit.clock.advance(minute);
          await quiet();
          expect(await session.getAccessToken()).toBe('access-canary-1');
          expect([kit.refreshes(), kit.isReused()]).toEqual([1, false]);
          expect((await kit.stored()).refreshToken).toBe('refresh-canary-1');
        }
      }
    }
  });
});
