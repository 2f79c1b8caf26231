import { describe, expect, it } from 'vitest';
import { failureOf } from '../support/relying-party.ts';
import { lifetime, sessionKit } from '../support/session-kit.ts';
import { quiet } from '../support/turns.ts';

describe('a sign-in that the store refuses', () => {
  it('lives in memory, and is stored later', async () => {
    const kit = sessionKit();
    const { events, session, store } = kit.open();
    const recover = store.refuse('write');
    await session.establish(kit.tokens());
    expect(events).toMatchObject([
      { type: 'storageDegraded', error: { code: 'storage_failed' } },
      { type: 'signedIn', via: 'establish' },
    ]);
    expect(await session.getAccessToken()).toBe('access-canary-0');
    recover();
    kit.clock.advance(250);
    await quiet();
    expect((await kit.stored()).refreshToken).toBe('refresh-canary-0');
    expect([events.length, kit.clock.pending]).toEqual([2, 0]);
  });

  it('is renewed in memory', async () => {
    const kit = sessionKit();
    const { session, store } = kit.open();
    const recover = store.refuse('write');
    await session.establish(kit.tokens());
    kit.clock.advance(lifetime + 1);
    expect(await session.getAccessToken()).toBe('access-canary-1');
    recover();
    await session.restore();
    expect((await kit.stored()).refreshToken).toBe('refresh-canary-1');
  });

  it('does not let others renew what it takes the place of', async () => {
    const kit = sessionKit();
    const other = await kit.expired();
    const { session, store } = kit.open();
    const recover = store.refuse('write');
    await session.establish(kit.graces());
    await quiet();
    const failure = failureOf(other.session.getAccessToken());
    await quiet();
    expect(kit.refreshes()).toBe(0);
    recover();
    kit.clock.advance(250);
    expect(await failure).toMatchObject({ code: 'interaction_required' });
    await quiet();
    expect(other.session.current().claims?.sub).toBe('grace');
    expect([kit.refreshes(), kit.revoked]).toEqual([0, ['refresh-canary-0']]);
  });

  it('takes the place of what cannot even be read', async () => {
    const kit = sessionKit();
    await kit.signedIn();
    kit.clock.advance(1);
    const { session, store, told } = kit.open();
    const recovers = [store.refuse('read'), store.refuse('write')];
    await session.establish(kit.graces());
    expect(told()).toEqual(['storageDegraded', 'signedIn']);
    expect(await session.getAccessToken()).toBe('access-canary-grace');
    for (const recover of recovers) recover();
    kit.clock.advance(250);
    await quiet();
    expect((await kit.stored()).claims.sub).toBe('grace');
    expect(session.current().claims?.sub).toBe('grace');
  });

  it('takes the place of garbage, at once or later', async () => {
    const kit = sessionKit();
    await kit.putRecord('{"version":7}');
    const { session, store } = kit.open();
    const recover = store.refuse('write', { times: 1 });
    await session.establish(kit.tokens());
    await kit.putRecord('other garbage');
    recover();
    kit.clock.advance(250);
    await quiet();
    expect((await kit.stored()).refreshToken).toBe('refresh-canary-0');
    expect(session.current().status).toBe('signedIn');
  });

  it('gives way to a later one elsewhere', async () => {
    const kit = sessionKit();
    const { session, store, told } = kit.open();
    const recover = store.refuse('write');
    await session.establish(kit.tokens());
    kit.clock.advance(1);
    const other = kit.open();
    await other.session.establish(kit.graces());
    recover();
    kit.clock.advance(250);
    await quiet();
    expect((await kit.stored()).claims.sub).toBe('grace');
    expect(told().slice(-2)).toEqual(['signedOut userChanged', 'signedIn']);
    expect(other.told()).toEqual(['signedIn']);
    expect(kit.revoked).toEqual(['refresh-canary-0']);
  });

  it('gives way to a later one elsewhere, although the store still takes nothing', async () => {
    const kit = sessionKit();
    const { session, store } = kit.open();
    store.refuse('write');
    await session.establish(kit.tokens());
    kit.clock.advance(1);
    await kit.open().session.establish(kit.graces());
    await quiet();
    expect(await session.getAccessToken()).toBe('access-canary-grace');
  });

  it('and one elsewhere at the same time leave one person, for everybody', async () => {
    const kit = sessionKit();
    const other = kit.open();
    const halt = other.store.halt('write');
    const earlier = other.session.establish(kit.graces());
    await halt.reached;
    kit.clock.advance(1);
    const { session, store } = kit.open();
    const recover = store.refuse('write');
    await session.establish(kit.tokens());
    halt.release();
    await earlier;
    recover();
    kit.clock.advance(250);
    await quiet();
    const { sub } = (await kit.stored()).claims;
    expect(session.current().claims?.sub).toBe(sub);
    expect(other.session.current().claims?.sub).toBe(sub);
  });

  it('is over with a sign-out, and does not come back', async () => {
    const kit = sessionKit();
    const { session, store, told } = kit.open();
    const recover = store.refuse('write');
    await session.establish(kit.tokens());
    await session.signOut();
    recover();
    kit.clock.advance(250);
    await quiet();
    expect([await kit.stored(), session.current().status]).toEqual([undefined, 'signedOut']);
    expect(told()).toEqual(['storageDegraded', 'signedIn', 'signedOut user']);
    expect([kit.revoked, kit.clock.pending]).toEqual([['refresh-canary-0'], 0]);
  });

  it('is replaced by the next one here', async () => {
    const kit = sessionKit();
    const { session, store } = kit.open();
    const recover = store.refuse('write');
    await session.establish(kit.tokens());
    await session.establish(kit.graces());
    recover();
    kit.clock.advance(250);
    await quiet();
    expect((await kit.stored()).claims.sub).toBe('grace');
    expect(await session.getAccessToken()).toBe('access-canary-grace');
    expect([kit.revoked, kit.clock.pending]).toEqual([['refresh-canary-0'], 0]);
  });

  it('is stored by a context that is closed right afterwards, if the store takes it then', async () => {
    const kit = sessionKit();
    const { session, store } = kit.open();
    const recover = store.refuse('write');
    await session.establish(kit.tokens());
    recover();
    session.close();
    await quiet();
    expect((await kit.stored()).refreshToken).toBe('refresh-canary-0');
    expect(kit.clock.pending).toBe(0);
  });
});
