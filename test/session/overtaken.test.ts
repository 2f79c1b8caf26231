import { describe, expect, it } from 'vitest';
import type { SessionRecord } from '../../src/session/session-record.ts';
import { failureOf } from '../support/relying-party.ts';
import { json } from '../support/scripted-web.ts';
import { lifetime, sessionKit } from '../support/session-kit.ts';
import { quiet } from '../support/turns.ts';

const hasIntent = ({ intent }: SessionRecord) => !!intent;
const hasAnswer = ({ pending }: SessionRecord) => !!pending;

describe('what is overtaken by a sign-out', () => {
  it.each([
    ['the write of an intent', hasIntent, 0],
    ['the write of an answer', hasAnswer, 1],
    [
      'the write of checked tokens',
      ({ tokens }: SessionRecord) => tokens[0]?.accessToken !== 'access-canary-0',
      1,
    ],
  ])('does not come back: %s, applied and not answered yet', async (_, only, refreshes) => {
    const kit = sessionKit();
    const { session, store, told } = await kit.expired();
    const halt = store.halt('write', { when: 'after', only });
    const failure = failureOf(session.getAccessToken());
    await halt.reached;
    await session.signOut();
    halt.release();
    expect(await failure).toMatchObject({ code: 'interaction_required' });
    await quiet();
    expect(session.current().status).toBe('signedOut');
    expect([told().at(-1), await kit.stored(), kit.refreshes()]).toEqual([
      'signedOut user',
      undefined,
      refreshes,
    ]);
    expect(kit.revoked).toContain(`refresh-canary-${refreshes}`);
  });

  it('does not come back: a sign-in, stored and not answered yet', async () => {
    const kit = sessionKit();
    const { session, store, told } = kit.open();
    const halt = store.halt('write', { when: 'after' });
    const established = session.establish(kit.tokens());
    await halt.reached;
    await session.signOut();
    halt.release();
    await established;
    await quiet();
    expect(session.current().status).toBe('signedOut');
    expect([told(), await kit.stored()]).toEqual([['signedOut user'], undefined]);
  });
});

describe('what is overtaken by another sign-in', () => {
  it('does not make the new person sign in again', async () => {
    const kit = sessionKit();
    const { session, told } = await kit.expired();
    const held = kit.hold();
    const failure = failureOf(session.getAccessToken());
    await held.asked;
    await session.establish(kit.graces());
    held.release();
    expect(await failure).toMatchObject({ code: 'interaction_required' });
    await quiet();
    expect(told()).toEqual(['signedIn', 'signedOut userChanged', 'signedIn']);
    expect(session.current()).toMatchObject({ status: 'signedIn', claims: { sub: 'grace' } });
  });

  it('does not make the same person sign in a third time', async () => {
    const kit = sessionKit();
    const { session, told } = await kit.expired();
    const held = kit.hold();
    const outcome = session.getAccessToken().catch(({ code }) => code);
    await held.asked;
    await session.establish(
      kit.tokens({ accessToken: 'access-canary-again', refreshToken: 'refresh-canary-again' }),
    );
    held.release();
    expect(['access-canary-again', 'interaction_required']).toContain(await outcome);
    await quiet();
    expect([session.current().status, told()]).toEqual(['signedIn', ['signedIn', 'signedIn']]);
    expect(await session.getAccessToken()).toBe('access-canary-again');
    expect(kit.revoked).toEqual([]);
  });

  it.each([
    ['the write of an intent', hasIntent],
    ['the write of an answer', hasAnswer],
  ])('does not come back: %s, when somebody signed in elsewhere', async (_, only) => {
    const kit = sessionKit();
    const { session, store, told } = await kit.expired();
    const halt = store.halt('write', { when: 'after', only });
    const failure = failureOf(session.getAccessToken());
    await halt.reached;
    await kit.open().session.establish(kit.graces());
    await quiet();
    halt.release();
    expect(await failure).toMatchObject({ code: 'interaction_required' });
    await quiet();
    expect(session.current()).toMatchObject({ status: 'signedIn', claims: { sub: 'grace' } });
    expect(told()).toEqual(['signedIn', 'signedOut userChanged', 'signedIn']);
  });
});

describe('a store whose news are faster than its answers', () => {
  it('does not keep a refresh from its end', { timeout: 3_000 }, async () => {
    const kit = sessionKit();
    const { session, store, told } = await kit.expired();
    store.delay('write', { when: 'after' });
    expect(await session.getAccessToken()).toBe('access-canary-1');
    expect([store.count('lock'), kit.refreshes()]).toEqual([1, 1]);
    expect(told()).toEqual(['signedIn', 'refreshed']);
  });

  it('does not make a refresh look like one that was left behind', { timeout: 3_000 }, async () => {
    const kit = sessionKit();
    const { events, session, store } = await kit.expired();
    store.delay('write', { when: 'after' });
    kit.answer(() => json({ error: 'invalid_grant' }, 400));
    await failureOf(session.getAccessToken());
    expect(events.at(-1)).toMatchObject({ reason: 'ended', answerLost: false });
  });

  it('keeps a malformed answer from being asked for again at once', {
    timeout: 3_000,
  }, async () => {
    const kit = sessionKit();
    const { session, store } = await kit.expired();
    store.delay('write', { when: 'after', only: hasAnswer });
    kit.answer(() => json(kit.granted({ access_token: undefined })));
    expect(await failureOf(session.getAccessToken())).toMatchObject({
      check: 'token_response.access_token',
    });
    expect(kit.refreshes()).toBe(1);
    kit.clock.advance(lifetime);
  });

  it('does not change who signed in where', async () => {
    const kit = sessionKit();
    const { events, session, store } = await kit.signedIn();
    store.delay('write', { when: 'after' });
    await session.establish(kit.graces());
    expect(events.at(-1)).toEqual({ type: 'signedIn', via: 'establish' });
  });
});
