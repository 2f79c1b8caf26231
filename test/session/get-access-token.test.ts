import { describe, expect, it } from 'vitest';
import type { Anything } from '../support/refusals.ts';
import { failureOf } from '../support/relying-party.ts';
import { json } from '../support/scripted-web.ts';
import { lifetime, sessionKit } from '../support/session-kit.ts';
import { quiet, until } from '../support/turns.ts';

describe('getAccessToken, while the token is fresh,', () => {
  it('touches no store, no lock, no timer and no network', async () => {
    const kit = sessionKit();
    const { session, store } = await kit.signedIn();
    await quiet();
    const before = [store.count(), kit.op.web.requests.length, kit.clock.pending];
    const first = session.getAccessToken();
    const others = Array.from({ length: 100 }, () => session.getAccessToken());
    expect(new Set([first, ...others]).size).toBe(1);
    expect(await first).toBe('access-canary-0');
    await quiet();
    expect([store.count(), kit.op.web.requests.length, kit.clock.pending]).toEqual(before);
  });

  it('gives it to callers who name what they want', async () => {
    const kit = sessionKit();
    const { session, store } = await kit.signedIn({}, { resource: 'https://api.example' });
    await quiet();
    const before = store.count();
    const wishes = [
      {},
      { resource: 'https://api.example' },
      { minValiditySeconds: 60 },
      { rejected: 'another-token' },
      { force: false },
    ];
    for (const wish of wishes) expect(await session.getAccessToken(wish)).toBe('access-canary-0');
    expect([store.count(), kit.refreshes()]).toEqual([before, 0]);
  });

  it('reads the store once before the first use', async () => {
    const kit = sessionKit();
    await kit.signedIn();
    const { session, store, told } = kit.open();
    expect(await session.getAccessToken()).toBe('access-canary-0');
    expect(await session.getAccessToken()).toBe('access-canary-0');
    expect([store.count('read'), store.count()]).toEqual([1, 1]);
    expect(told()).toEqual(['signedIn']);
  });
});

describe('getAccessToken, when the token has expired,', () => {
  it('sends one request for 50 callers', async () => {
    const kit = sessionKit();
    const { session, told } = await kit.expired();
    const tokens = await Promise.all(Array.from({ length: 50 }, () => session.getAccessToken()));
    expect(new Set(tokens)).toEqual(new Set(['access-canary-1']));
    expect(kit.op.tokenRequests().map(String)).toEqual([
      'refresh_token=refresh-canary-0&grant_type=refresh_token&client_id=app',
    ]);
    expect(told()).toEqual(['signedIn', 'refreshed']);
  });

  it('sends one request for two sessions on one store, and both have the result', async () => {
    const kit = sessionKit();
    const one = await kit.expired();
    const other = kit.open();
    const tokens = await Promise.all([
      one.session.getAccessToken(),
      other.session.getAccessToken(),
      one.session.getAccessToken(),
      other.session.getAccessToken(),
    ]);
    expect(new Set(tokens)).toEqual(new Set(['access-canary-1']));
    expect(kit.refreshes()).toBe(1);
    expect([one.told().at(-1), other.told()]).toEqual(['refreshed', ['signedIn', 'refreshed']]);
    expect(one.session.current()).toEqual(other.session.current());
  });

  it('takes what another session has got, without a request', async () => {
    const kit = sessionKit();
    const one = await kit.expired();
    const other = kit.open();
    await other.session.getAccessToken();
    await quiet();
    const before = one.store.count();
    expect(await one.session.getAccessToken()).toBe('access-canary-1');
    expect(one.store.count()).toBe(before);
    expect(kit.refreshes()).toBe(1);
  });

  it('goes on for as long as the server does', async () => {
    const kit = sessionKit();
    const { session } = await kit.signedIn();
    for (let n = 1; n <= 10; n += 1) {
      kit.clock.advance(lifetime + 1);
      expect(await session.getAccessToken()).toBe(`access-canary-${n}`);
    }
    expect([kit.refreshes(), kit.isReused()]).toEqual([10, false]);
    expect((await kit.stored()).tokens).toHaveLength(1);
  });

  it('keeps the refresh token that an answer does not replace', async () => {
    const kit = sessionKit();
    const { session } = await kit.expired();
    kit.answer(() => json(kit.granted({ refresh_token: undefined })));
    await session.getAccessToken();
    kit.clock.advance(lifetime + 1);
    await session.getAccessToken();
    expect(kit.op.tokenRequests().map((request) => request.get('refresh_token'))).toEqual([
      'refresh-canary-0',
      'refresh-canary-0',
    ]);
  });
});

describe('getAccessToken, when the token is due,', () => {
  const due = lifetime - 30_000;

  it('gives the old one and renews in the background, once', async () => {
    const kit = sessionKit();
    const { session, told } = await kit.signedIn();
    const held = kit.hold();
    kit.clock.advance(due);
    const tokens = await Promise.all(Array.from({ length: 50 }, () => session.getAccessToken()));
    expect(new Set(tokens)).toEqual(new Set(['access-canary-0']));
    await held.asked;
    expect(await session.getAccessToken()).toBe('access-canary-0');
    held.release();
    await until(() => told().includes('refreshed'));
    expect(await session.getAccessToken()).toBe('access-canary-1');
    expect(kit.refreshes()).toBe(1);
  });

  it('has one session renew for all', async () => {
    const kit = sessionKit();
    const one = await kit.signedIn();
    const other = kit.open();
    await other.session.restore();
    kit.clock.advance(due);
    await Promise.all([one.session.getAccessToken(), other.session.getAccessToken()]);
    await until(() => other.told().includes('refreshed') && one.told().includes('refreshed'));
    await quiet();
    expect(kit.refreshes()).toBe(1);
  });

  it.each([
    [0, 540_000],
    [0.5, 555_000],
    [0.999, 569_970],
  ])('spreads the moment by chance: %s', async (random, dueAt) => {
    const kit = sessionKit();
    const { session } = await kit.signedIn({ random: () => random });
    kit.clock.advance(dueAt - 1);
    await session.getAccessToken();
    await quiet();
    expect(kit.refreshes()).toBe(0);
    kit.clock.advance(1);
    await session.getAccessToken();
    await until(() => kit.refreshes() === 1);
  });

  it('goes on with the old one while that lives, and the server does not answer', async () => {
    const kit = sessionKit();
    const { session, told } = await kit.signedIn();
    kit.answer(() => json({}, 503));
    kit.clock.advance(due);
    expect(await session.getAccessToken()).toBe('access-canary-0');
    await until(() => told().includes('refreshFailed'));
    for (let n = 0; n < 50; n += 1) expect(await session.getAccessToken()).toBe('access-canary-0');
    await quiet();
    expect(kit.refreshes()).toBe(1);
  });
});

describe('getAccessToken', () => {
  it('renews relative to the token that was rejected', async () => {
    const kit = sessionKit();
    const { session } = await kit.signedIn();
    const rejected = 'access-canary-0';
    const tokens = await Promise.all(
      Array.from({ length: 20 }, () => session.getAccessToken({ rejected })),
    );
    expect(new Set(tokens)).toEqual(new Set(['access-canary-1']));
    expect(await session.getAccessToken({ rejected })).toBe('access-canary-1');
    expect(kit.refreshes()).toBe(1);
  });

  it('asks once more for a caller who joins a refresh and rejects just what it brings', async () => {
    const kit = sessionKit();
    const { session } = await kit.expired();
    kit.answer(() => json(kit.granted({ access_token: 'access-canary-same' })));
    await session.getAccessToken();
    kit.answer();
    const rejected = 'access-canary-same';
    expect(await session.getAccessToken({ rejected })).toBe('access-canary-2');
  });

  it('asks for a newer token whatever is at hand if it is forced to, once at a time', async () => {
    const kit = sessionKit();
    const { session } = await kit.signedIn();
    const forced = [{ force: true }, { force: true }].map(session.getAccessToken);
    expect(await Promise.all(forced)).toEqual(['access-canary-1', 'access-canary-1']);
    expect(await session.getAccessToken({ force: true })).toBe('access-canary-2');
    expect(kit.refreshes()).toBe(2);
  });

  it('does not give a rejected or forced caller the old token when the refresh fails', async () => {
    const kit = sessionKit();
    const { session } = await kit.signedIn();
    kit.answer(() => json({}, 500));
    const rejected = 'access-canary-0';
    expect(await failureOf(session.getAccessToken({ rejected }))).toMatchObject({ status: 500 });
    expect(await failureOf(session.getAccessToken({ force: true }))).toMatchObject({ status: 500 });
    expect(await session.getAccessToken()).toBe('access-canary-0');
  });

  it('says that nobody is signed in', async () => {
    const kit = sessionKit();
    const { session, told } = kit.open();
    expect(await failureOf(session.getAccessToken())).toMatchObject({
      name: 'InteractionRequiredError',
      code: 'interaction_required',
      phase: 'session',
      message: 'Nobody is signed in.',
    });
    expect([session.current().status, told()]).toEqual(['signedOut', ['signedOut none']]);
  });

  it.each<[wrong: string, options: Anything, option: string]>([
    ['no object', 'token', 'options'],
    ['a list', [], 'options'],
    ['a resource that is no URI', { resource: 'orders' }, 'resource'],
    ['a resource with a fragment', { resource: 'https://api.example#a' }, 'resource'],
    ['an empty resource', { resource: '' }, 'resource'],
    ['a list of resources', { resource: ['https://api.example'] }, 'resource'],
    ['an empty scope', { scope: '' }, 'scope'],
    ['a list of scopes', { scope: ['orders'] }, 'scope'],
    ['a negative validity', { minValiditySeconds: -1 }, 'minValiditySeconds'],
    ['a validity that is text', { minValiditySeconds: '60' }, 'minValiditySeconds'],
    ['an endless validity', { minValiditySeconds: Infinity }, 'minValiditySeconds'],
    ['a validity that is no number', { minValiditySeconds: Number.NaN }, 'minValiditySeconds'],
  ])('refuses %s before it asks for anything', async (_, options, option) => {
    const kit = sessionKit();
    const { session, store } = await kit.expired();
    await quiet();
    const before = store.count();
    const failure = await failureOf(session.getAccessToken(options));
    expect(failure).toMatchObject({ code: 'invalid_option', option });
    expect([kit.op.web.requests.length, store.count()]).toEqual([0, before]);
  });
});
