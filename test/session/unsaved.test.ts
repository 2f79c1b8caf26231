import { describe, expect, it } from 'vitest';
import type { SessionRecord } from '../../src/session/session-record.ts';
import { failureOf } from '../support/relying-party.ts';
import { lifetime, sessionKit } from '../support/session-kit.ts';
import { quiet } from '../support/turns.ts';

const isRotated = ({ refreshToken }: SessionRecord) => refreshToken !== 'refresh-canary-0';

/** Ada's token has been renewed, and the store does not take what came. */
async function unsaved() {
  const kit = sessionKit();
  const context = await kit.expired();
  const recover = context.store.refuse('write', { only: isRotated });
  expect(await context.session.getAccessToken()).toBe('access-canary-1');
  /** Lets time pass in the steps in which the store is asked again. */
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 250) {
      kit.clock.advance(250);
      await quiet(3);
    }
  };
  return { kit, recover, pass, ...context };
}

describe('a rotated refresh token that the store refuses', () => {
  it('is served from memory, and the store’s failure is told', async () => {
    const { events, kit, session } = await unsaved();
    expect(events).toMatchObject([
      { type: 'signedIn' },
      { type: 'storageDegraded', error: { code: 'storage_failed', phase: 'storage' } },
      { type: 'refreshed' },
    ]);
    expect(await session.getAccessToken()).toBe('access-canary-1');
    expect(session.current().status).toBe('signedIn');
    expect((await kit.stored()).refreshToken).toBe('refresh-canary-0');
  });

  it('is stored as soon as the store takes it', async () => {
    const { kit, pass, recover } = await unsaved();
    await pass(5_000);
    recover();
    await pass(5_000);
    const { intent, pending, refreshToken, tokens } = await kit.stored();
    expect([refreshToken, intent, pending]).toEqual(['refresh-canary-1', undefined, undefined]);
    expect(tokens).toMatchObject([{ accessToken: 'access-canary-1' }]);
    expect(kit.clock.pending).toBe(0);
  });

  it('is stored at the next read, without waiting for a timer', async () => {
    const { kit, recover, session, told } = await unsaved();
    recover();
    await session.restore();
    expect((await kit.stored()).refreshToken).toBe('refresh-canary-1');
    expect(told()).toEqual(['signedIn', 'storageDegraded', 'refreshed']);
    expect(kit.clock.pending).toBe(0);
  });

  it('keeps others from spending the old one: they wait and adopt the new one', async () => {
    const { kit, pass, recover } = await unsaved();
    const other = kit.open();
    const token = other.session.getAccessToken();
    await pass(3_000);
    expect(kit.refreshes()).toBe(1);
    recover();
    await pass(2_000);
    expect(await token).toBe('access-canary-1');
    expect([kit.refreshes(), kit.isReused()]).toEqual([1, false]);
  });

  it('keeps others from spending the old one, until their patience ends', async () => {
    const { kit, pass } = await unsaved();
    const other = kit.open();
    const failure = failureOf(other.session.getAccessToken());
    await pass(26_000);
    expect(await failure).toMatchObject({ code: 'lock_timeout', retryable: true });
    expect(other.session.current().status).toBe('signedIn');
    expect(kit.refreshes()).toBe(1);
  });

  it('is itself renewed in memory, and only the newest one is stored', async () => {
    const { kit, pass, recover, session, told } = await unsaved();
    for (const n of [2, 3]) {
      kit.clock.advance(lifetime + 1);
      expect(await session.getAccessToken()).toBe(`access-canary-${n}`);
    }
    recover();
    await pass(20_000);
    expect(await kit.stored()).toMatchObject({
      refreshToken: 'refresh-canary-3',
      tokens: [{ accessToken: 'access-canary-3' }],
    });
    expect(kit.isReused()).toBe(false);
    expect(told().slice(-2)).toEqual(['refreshed', 'refreshed']);
    expect(await kit.open().session.getAccessToken()).toBe('access-canary-3');
  });

  it('is offered for four minutes, then at every read', async () => {
    const { kit, pass, recover, session, store } = await unsaved();
    await pass(250_000);
    const before = store.count('write');
    // The lock stays ours, and somebody has to look after it.
    expect(kit.clock.pending).toBe(1);
    await pass(30_000);
    expect(store.count('write')).toBe(before);
    await session.restore();
    expect(store.count('write')).toBe(before + 1);
    recover();
    await session.restore();
    expect((await kit.stored()).refreshToken).toBe('refresh-canary-1');
    expect(await kit.open().session.getAccessToken()).toBe('access-canary-1');
  });

  it('does not survive a sign-out, and is revoked', async () => {
    const { kit, pass, recover, session, told } = await unsaved();
    const other = kit.open();
    const failure = failureOf(other.session.getAccessToken());
    await quiet();
    await session.signOut();
    expect(await failure).toMatchObject({ code: 'interaction_required' });
    expect([session.current().status, told().at(-1)]).toEqual(['signedOut', 'signedOut user']);
    expect([...kit.revoked].sort()).toEqual(['refresh-canary-0', 'refresh-canary-1']);
    recover();
    await pass(10_000);
    expect([await kit.stored(), kit.refreshes(), kit.clock.pending]).toEqual([undefined, 1, 0]);
  });

  it('does not survive a sign-out elsewhere, although the store still takes nothing', async () => {
    const { kit, session, told } = await unsaved();
    await kit.open().session.signOut();
    await quiet();
    expect([session.current().status, told().at(-1)]).toEqual(['signedOut', 'signedOut elsewhere']);
    expect(await failureOf(session.getAccessToken())).toMatchObject({
      code: 'interaction_required',
    });
    expect(kit.revoked).toContain('refresh-canary-1');
  });

  it('gives way to a sign-in elsewhere, although the store still takes nothing', async () => {
    const { kit, session, told } = await unsaved();
    await kit.open().session.establish(kit.graces());
    await quiet();
    expect(told().slice(-2)).toEqual(['signedOut userChanged', 'signedIn']);
    expect(await session.getAccessToken()).toBe('access-canary-grace');
    expect(kit.revoked).toContain('refresh-canary-1');
    expect((await kit.stored()).claims.sub).toBe('grace');
  });

  it('gives way to a sign-in elsewhere when the store takes something again', async () => {
    const { kit, pass, recover, session, told } = await unsaved();
    await kit.open().session.establish(kit.graces());
    recover();
    await pass(10_000);
    expect(told().slice(-2)).toEqual(['signedOut userChanged', 'signedIn']);
    expect(await session.getAccessToken()).toBe('access-canary-grace');
    expect(kit.revoked).toContain('refresh-canary-1');
    expect([(await kit.stored()).claims.sub, kit.clock.pending]).toEqual(['grace', 0]);
  });

  it('gives way to a sign-in here', async () => {
    const { kit, pass, recover, session } = await unsaved();
    recover();
    await session.establish(kit.graces());
    await pass(10_000);
    expect((await kit.stored()).claims.sub).toBe('grace');
    expect(kit.revoked).toContain('refresh-canary-1');
    expect(kit.clock.pending).toBe(0);
  });

  it('is given up with the context that is closed, and the lock with it', async () => {
    const { kit, session } = await unsaved();
    const other = kit.open();
    await other.session.restore();
    session.close();
    await quiet();
    expect(kit.clock.pending).toBe(0);
    kit.answer(() => Response.json({ error: 'temporarily_unavailable' }, { status: 503 }));
    expect(await failureOf(other.session.getAccessToken())).toMatchObject({ status: 503 });
  });
});
