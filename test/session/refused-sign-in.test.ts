import { describe, expect, it } from 'vitest';
import { failureOf } from '../support/relying-party.ts';
import { sessionKit } from '../support/session-kit.ts';
import { quiet } from '../support/turns.ts';

describe('a sign-in that the store refuses', () => {
  it.each(['read', 'write'] as const)('by a refused %s is none: all is as it was', async (what) => {
    const kit = sessionKit();
    const { session, store, told } = await kit.signedIn();
    const recover = store.refuse(what);
    expect(await failureOf(session.establish(kit.graces()))).toMatchObject({
      code: 'storage_failed',
      phase: 'storage',
      retryable: true,
    });
    expect(session.current()).toMatchObject({ status: 'signedIn', claims: { sub: 'ada' } });
    expect(await session.getAccessToken()).toBe('access-canary-0');
    expect([told(), kit.revoked]).toEqual([['signedIn'], []]);
    recover();
    expect((await session.restore()).claims?.sub).toBe('ada');
    expect(kit.clock.pending).toBe(0);
  });

  it('can be offered again', async () => {
    const kit = sessionKit();
    const { session, store, told } = await kit.signedIn();
    const recover = store.refuse('write');
    await failureOf(session.establish(kit.graces()));
    recover();
    await session.establish(kit.graces());
    expect(await session.getAccessToken()).toBe('access-canary-grace');
    expect((await kit.stored()).claims.sub).toBe('grace');
    expect(told()).toEqual(['signedIn', 'signedOut userChanged', 'signedIn']);
    expect(kit.revoked).toEqual(['refresh-canary-0']);
  });

  it('and has taken all the same is one', async () => {
    const kit = sessionKit();
    const { session, store } = await kit.signedIn();
    store.refuse('write', { when: 'after', times: 1 });
    await session.establish(kit.graces());
    expect(await session.getAccessToken()).toBe('access-canary-grace');
    await quiet();
    expect(kit.revoked).toEqual(['refresh-canary-0']);
  });

  it('takes the place of garbage', async () => {
    const kit = sessionKit();
    await kit.signedIn();
    await kit.putRecord('no JSON at all');
    const { session } = kit.open();
    await session.establish(kit.graces());
    expect((await kit.stored()).claims.sub).toBe('grace');
  });

  it('does not end what the store has refused before', async () => {
    const kit = sessionKit();
    const { session, store } = await kit.expired();
    const recover = store.refuse('write', { only: ({ pending }) => pending !== undefined });
    expect(await session.getAccessToken()).toBe('access-canary-1');
    const refuse = store.refuse('write');
    await failureOf(session.establish(kit.graces()));
    expect(await session.getAccessToken()).toBe('access-canary-1');
    recover();
    refuse();
    await session.restore();
    expect((await kit.stored()).refreshToken).toBe('refresh-canary-1');
  });
});
