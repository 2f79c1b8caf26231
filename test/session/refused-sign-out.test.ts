import { describe, expect, it } from 'vitest';
import { failureOf } from '../support/relying-party.ts';
import { lifetime, sessionKit } from '../support/session-kit.ts';
import { quiet } from '../support/turns.ts';

describe('a sign-out that the store refuses', () => {
  it('says so, and holds here whatever the store tells', async () => {
    const kit = sessionKit();
    const { session, store, told } = await kit.signedIn();
    const other = kit.open();
    const recover = store.refuse('delete');
    expect(await failureOf(session.signOut())).toMatchObject({
      name: 'StorageError',
      code: 'storage_failed',
    });
    expect(session.current().status).toBe('signedOut');
    expect(kit.revoked).toEqual(['refresh-canary-0']);

    kit.answer(() => Response.json(kit.granted()));
    await other.session.getAccessToken({ force: true });
    await quiet();
    expect((await session.restore()).status).toBe('signedOut');
    expect(await failureOf(session.getAccessToken())).toMatchObject({
      code: 'interaction_required',
    });
    expect(told()).toEqual(['signedIn', 'signedOut user']);

    recover();
    await session.restore();
    await quiet();
    expect(await kit.stored()).toBeUndefined();
    expect(other.told().at(-1)).toBe('signedOut elsewhere');
  });

  it('and cannot even be read is no sign-out of whom this context never saw, and says so', async () => {
    const kit = sessionKit();
    await kit.signedIn();
    const { session, store } = kit.open();
    const recover = store.refuse('read');
    expect(await failureOf(session.signOut())).toMatchObject({ code: 'storage_failed' });
    expect(session.current().status).toBe('signedOut');
    recover();
    expect((await session.restore()).status).toBe('signedIn');
    await session.signOut();
    expect(await kit.stored()).toBeUndefined();
  });

  it.each([
    ['a moment later', 1],
    ['in the same moment', 0],
    ['after the clock was set back', -3_600_000],
  ])('and cannot even be read does not hurt who signs in %s', async (_, ms) => {
    const kit = sessionKit();
    await kit.signedIn();
    const { session, store } = kit.open();
    const recover = store.refuse('read');
    await failureOf(session.signOut());
    recover();
    kit.clock.setWall(kit.clock.now() + ms);
    await session.establish(kit.graces());
    await quiet();
    expect((await session.restore()).claims?.sub).toBe('grace');
    kit.clock.advance(lifetime + 1);
    kit.answer(() => Response.json(kit.granted()));
    expect(await session.getAccessToken()).toBe('access-canary-1');
    expect((await kit.stored()).claims.sub).toBe('grace');
  });

  it('does not hurt who signs in here afterwards', async () => {
    const kit = sessionKit();
    const { session, store } = await kit.signedIn();
    const recover = store.refuse('delete');
    await failureOf(session.signOut());
    recover();
    await session.establish(kit.tokens());
    expect((await session.restore()).status).toBe('signedIn');
    expect(await session.getAccessToken()).toBe('access-canary-0');
  });

  it('but has carried out is a sign-out', async () => {
    const kit = sessionKit();
    const { session, store } = await kit.signedIn();
    const recover = store.refuse('delete', { when: 'after' });
    await session.signOut().catch(() => {});
    recover();
    expect([session.current().status, await kit.stored()]).toEqual(['signedOut', undefined]);
    await session.signOut();
    expect(session.current().status).toBe('signedOut');
  });

  it('lets no refresh back in that was in flight', async () => {
    const kit = sessionKit();
    const { session, store } = await kit.expired();
    store.refuse('delete');
    const held = kit.hold();
    const failure = failureOf(session.getAccessToken());
    await held.asked;
    await failureOf(session.signOut());
    held.release();
    expect(await failure).toMatchObject({ code: 'interaction_required' });
    await quiet();
    expect(session.current().status).toBe('signedOut');
    expect(kit.revoked).toContain('refresh-canary-1');
  });
});

describe('a sign-out while somebody signs in', () => {
  it('leaves the later sign-in alone', async () => {
    const kit = sessionKit();
    const { session, store } = await kit.signedIn();
    const halt = store.halt('delete');
    const signedOut = session.signOut();
    await halt.reached;
    await kit.open().session.establish(kit.graces());
    halt.release();
    await signedOut;
    await quiet();
    expect((await kit.stored()).claims.sub).toBe('grace');
    expect(session.current()).toMatchObject({ status: 'signedIn', claims: { sub: 'grace' } });
    expect(await session.getAccessToken()).toBe('access-canary-grace');
  });

  it('ends a refreshed session all the same, and revokes what it has now', async () => {
    const kit = sessionKit();
    kit.inner.watch = () => () => {};
    const { session, store } = await kit.signedIn();
    const other = kit.open();
    const halt = store.halt('delete');
    const signedOut = session.signOut();
    await halt.reached;
    await other.session.getAccessToken({ force: true });
    halt.release();
    await signedOut;
    expect(await kit.stored()).toBeUndefined();
    expect([...kit.revoked].sort()).toEqual(['refresh-canary-0', 'refresh-canary-1']);
  });

  it('here leaves the later sign-in alone', async () => {
    const kit = sessionKit();
    const { session, store, told } = await kit.signedIn();
    const halt = store.halt('read');
    const signedOut = session.signOut();
    await halt.reached;
    const established = session.establish(kit.graces());
    halt.release();
    await Promise.all([signedOut, established]);
    await quiet();
    expect(told()).toEqual(['signedIn', 'signedOut user', 'signedIn']);
    expect(await session.getAccessToken()).toBe('access-canary-grace');
    expect((await kit.stored()).claims.sub).toBe('grace');
  });

  it.each([
    ['in the same moment', 0],
    ['by a clock that is late', -5_000],
  ])('leaves alone who signs in elsewhere after it: %s', async (_, ms) => {
    const kit = sessionKit();
    const nobody = kit.open();
    await nobody.session.signOut();
    const { session } = await kit.signedIn();
    await session.signOut();
    kit.clock.setWall(kit.clock.now() + ms);
    const grace = kit.open();
    await grace.session.establish(kit.graces());
    await quiet();
    await Promise.all([nobody.session.restore(), session.restore()]);
    expect((await kit.stored())?.claims.sub).toBe('grace');
    expect(grace.session.current().status).toBe('signedIn');
    expect(nobody.session.current().claims?.sub).toBe('grace');
  });
});
