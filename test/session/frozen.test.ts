import { describe, expect, it } from 'vitest';
import { type ClientAuthentication, none } from '../../src/index.ts';
import type { SessionRecord } from '../../src/session/session-record.ts';
import { failureOf } from '../support/relying-party.ts';
import { defer, json } from '../support/scripted-web.ts';
import { type ContextOptions, createLifecycle, sessionKit } from '../support/session-kit.ts';
import { quiet } from '../support/turns.ts';

const hasIntent = ({ intent }: SessionRecord) => !!intent;
const hasAnswer = ({ pending }: SessionRecord) => !!pending;
const isChecked = ({ intent, pending }: SessionRecord) => !intent && !pending;
/** Longer than anybody believes in an owner. */
const long = 21_000;

/** The owner of the lock, and somebody who takes it away. */
async function setUp({ hasNews = true, ...options }: ContextOptions & { hasNews?: boolean } = {}) {
  const kit = sessionKit();
  if (!hasNews) kit.inner.watch = () => () => {};
  const owner = await kit.expired({ ...options, client: { timeoutMs: 60_000, ...options.client } });
  const other = kit.open();
  await other.session.restore();
  const before = owner.store.count('lock');
  const locks = () => owner.store.count('lock') - before;
  return { kit, owner, other, locks };
}

/** Waits, once it is told to, in the middle of making its credentials. */
function slowCredentials() {
  const reached = defer();
  const go = defer();
  let isSlow = true;
  const usual = none();
  const authentication: ClientAuthentication = async (request) => {
    if (isSlow) {
      isSlow = false;
      reached.resolve();
      await go.promise;
    }
    return usual(request);
  };
  return { authentication, reached: reached.promise, release: () => go.resolve() };
}

describe('an owner of the lock that was frozen before its intent', () => {
  it('takes what somebody else has got meanwhile', async () => {
    const { kit, owner, other } = await setUp();
    const halt = owner.store.halt('write', { only: hasIntent });
    const token = owner.session.getAccessToken();
    await halt.reached;
    other.store.takeLocks();
    kit.clock.advance(long);
    expect(await other.session.getAccessToken()).toBe('access-canary-1');
    halt.release();
    expect(await token).toBe('access-canary-1');
    expect([kit.refreshes(), kit.isReused()]).toEqual([1, false]);
  });

  it.each([
    ['sends in time what it can', 8_000, 1],
    ['asks for the lock again where it would be too late to send anything', 8_001, 2],
  ])('%s', async (_, frozenMs, expected) => {
    const { kit, owner, locks } = await setUp();
    const halt = owner.store.halt('write', { only: hasIntent });
    const token = owner.session.getAccessToken();
    await halt.reached;
    kit.clock.advance(frozenMs);
    halt.release();
    expect(await token).toBe('access-canary-1');
    expect([kit.refreshes(), locks()]).toEqual([1, expected]);
  });

  it('asks for the lock again where somebody else has set out meanwhile', async () => {
    const { kit, owner, locks } = await setUp();
    const halt = owner.store.halt('write', { only: hasIntent });
    const token = owner.session.getAccessToken();
    await halt.reached;
    const intent = { owner: 'somebody else', startedAt: kit.clock.now() };
    await kit.putRecord(JSON.stringify({ ...(await kit.stored()), intent }));
    halt.release();
    expect(await token).toBe('access-canary-1');
    expect([kit.refreshes(), locks()]).toEqual([1, 2]);
  });

  it('does not ask again for what a crash has left behind', async () => {
    const { kit, owner, locks } = await setUp();
    const intent = { owner: 'somebody else', startedAt: kit.clock.now() };
    await kit.putRecord(JSON.stringify({ ...(await kit.stored()), intent }));
    expect(await owner.session.getAccessToken()).toBe('access-canary-1');
    expect([kit.refreshes(), locks()]).toEqual([1, 1]);
  });

  it('has to have been given the lock lately to believe in a crash', async () => {
    const { kit, owner, locks } = await setUp();
    const intent = { owner: 'somebody else', startedAt: kit.clock.now() };
    await kit.putRecord(JSON.stringify({ ...(await kit.stored()), intent }));
    const halt = owner.store.halt('lock', { when: 'after' });
    const token = owner.session.getAccessToken();
    await halt.reached;
    kit.clock.advance(long);
    halt.release();
    expect(await token).toBe('access-canary-1');
    expect([kit.refreshes(), locks()]).toEqual([1, 2]);
  });

  it('gives up where it is frozen every time', async () => {
    const kit = sessionKit();
    const authentication: ClientAuthentication = (request) => {
      kit.clock.advance(8_001);
      return none()(request);
    };
    const { session, store } = await kit.expired({ client: { authentication } });
    expect(await failureOf(session.getAccessToken())).toMatchObject({
      code: 'lock_timeout',
      retryable: true,
    });
    expect([kit.refreshes(), store.count('lock')]).toEqual([0, 10]);
    expect((await kit.stored()).intent).toBeUndefined();
  });
});

describe('an owner that was frozen between its intent and its request', () => {
  it.each([
    ['with', true],
    ['without', false],
  ])('sends nothing once the lock may be another’s, %s news', async (_, hasNews) => {
    const credentials = slowCredentials();
    const { authentication } = credentials;
    const { kit, owner, other } = await setUp({ client: { authentication }, hasNews });
    const token = owner.session.getAccessToken();
    await credentials.reached;
    other.store.takeLocks();
    kit.clock.advance(long);
    expect(await other.session.getAccessToken()).toBe('access-canary-1');
    credentials.release();
    expect(await token).toBe('access-canary-1');
    expect([kit.refreshes(), kit.isReused()]).toEqual([1, false]);
  });

  it('asks for the lock again once it was woken up, because a sleep may have cost it', async () => {
    const credentials = slowCredentials();
    const { authentication } = credentials;
    const lifecycle = createLifecycle();
    const { kit, locks, owner } = await setUp({ client: { authentication }, lifecycle });
    const token = owner.session.getAccessToken();
    await credentials.reached;
    lifecycle.suspend();
    lifecycle.wake();
    credentials.release();
    expect(await token).toBe('access-canary-1');
    expect([kit.refreshes(), locks()]).toEqual([1, 2]);
  });

  it('sends nothing once somebody has signed out', async () => {
    const credentials = slowCredentials();
    const { authentication } = credentials;
    const { kit, owner, other } = await setUp({ client: { authentication } });
    const failure = failureOf(owner.session.getAccessToken());
    await credentials.reached;
    kit.clock.advance(long);
    await other.session.signOut();
    credentials.release();
    expect(await failure).toMatchObject({ code: 'interaction_required' });
    expect(kit.refreshes()).toBe(0);
  });

  it('leaves no intent behind where nobody has taken the lock', async () => {
    const credentials = slowCredentials();
    const { authentication } = credentials;
    const { kit, owner, locks } = await setUp({ client: { authentication } });
    const token = owner.session.getAccessToken();
    await credentials.reached;
    expect((await kit.stored()).intent).toBeDefined();
    kit.clock.advance(8_001);
    credentials.release();
    expect(await token).toBe('access-canary-1');
    expect([kit.refreshes(), locks()]).toEqual([1, 2]);
    expect((await kit.stored()).isUnanswered).toBeFalsy();
  });
});

describe('an owner that was frozen between its request and the answer', () => {
  it('is believed late, where others had no luck meanwhile', async () => {
    const { kit, owner, other } = await setUp();
    const held = kit.hold();
    const token = owner.session.getAccessToken();
    await held.asked;
    other.store.takeLocks();
    kit.answer(() => json({}, 503));
    await failureOf(other.session.getAccessToken());
    held.release();
    expect(await token).toBe('access-canary-1');
    expect((await kit.stored()).refreshToken).toBe('refresh-canary-1');
    await quiet();
    expect(await other.session.getAccessToken()).toBe('access-canary-1');
    expect([kit.isReused(), kit.revoked]).toEqual([false, []]);
  });

  it.each([
    ['with', true],
    ['without', false],
  ])('takes what others have got, and revokes nothing, %s news', async (_, hasNews) => {
    const { kit, owner, other } = await setUp({ hasNews });
    const held = kit.hold(() => json(kit.granted()));
    const token = owner.session.getAccessToken();
    await held.asked;
    other.store.takeLocks();
    kit.answer(() => json(kit.granted()));
    expect(await other.session.getAccessToken()).toBe('access-canary-2');
    held.release();
    expect(await token).toBe('access-canary-2');
    expect((await kit.stored()).refreshToken).toBe('refresh-canary-2');
    await quiet();
    expect([kit.refreshes(), kit.revoked]).toEqual([2, []]);
  });
});

describe('an owner that was frozen with the answer in its hands', () => {
  const stages: [name: string, when: 'before' | 'after', only: typeof hasIntent][] = [
    ['before it is stored', 'before', hasAnswer],
    ['after it is stored', 'after', hasAnswer],
    ['before what was checked is stored', 'before', isChecked],
    ['after what was checked is stored', 'after', isChecked],
  ];

  it.each(stages)('keeps it: %s', async (_, when, only) => {
    const { kit, owner, other } = await setUp();
    const halt = owner.store.halt('write', { when, only });
    const token = owner.session.getAccessToken();
    await halt.reached;
    kit.clock.advance(long);
    other.store.takeLocks();
    kit.answer(() => json({}, 503));
    const theirs = other.session.getAccessToken().catch(() => 'none');
    expect(['access-canary-1', 'none']).toContain(await theirs);
    halt.release();
    expect(await token).toBe('access-canary-1');
    await quiet();
    expect(await kit.stored()).toMatchObject({
      refreshToken: 'refresh-canary-1',
      tokens: [{ accessToken: 'access-canary-1' }],
    });
    expect((await kit.stored()).pending).toBeUndefined();
    expect(await other.session.getAccessToken()).toBe('access-canary-1');
    expect([kit.isReused(), kit.revoked]).toEqual([false, []]);
  });

  it('has it discarded where somebody has signed out', async () => {
    const { kit, owner, other } = await setUp();
    const halt = owner.store.halt('write', { only: hasAnswer });
    const failure = failureOf(owner.session.getAccessToken());
    await halt.reached;
    await other.session.signOut();
    halt.release();
    expect(await failure).toMatchObject({ code: 'interaction_required' });
    await quiet();
    expect([await kit.stored(), kit.revoked]).toEqual([
      undefined,
      ['refresh-canary-0', 'refresh-canary-1'],
    ]);
  });
});
