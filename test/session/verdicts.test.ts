import { describe, expect, it } from 'vitest';
import { failureOf } from '../support/relying-party.ts';
import { json } from '../support/scripted-web.ts';
import { minute, sessionKit } from '../support/session-kit.ts';
import { quiet } from '../support/turns.ts';

const refusal = () => json({ error: 'invalid_grant', error_description: 'revoked' }, 400);

describe('the server’s verdict', () => {
  it('ends the session for everybody', async () => {
    const kit = sessionKit();
    const one = await kit.expired();
    const other = kit.open();
    await other.session.restore();
    kit.answer(refusal);
    const failures = await Promise.all(
      Array.from({ length: 10 }, () => failureOf(one.session.getAccessToken())),
    );
    for (const failure of failures) {
      expect(failure).toMatchObject({ code: 'interaction_required', phase: 'session' });
    }
    expect(await kit.stored()).toBeUndefined();
    expect(one.session.current()).toEqual({
      status: 'signedOut',
      claims: undefined,
      scope: '',
      expiresAt: undefined,
    });
    expect(one.events.at(-1)).toMatchObject({
      type: 'signedOut',
      reason: 'ended',
      error: { code: 'oauth_error', error: 'invalid_grant', errorDescription: 'revoked' },
      answerLost: false,
    });
    await quiet();
    expect(other.told()).toEqual(['signedIn', 'signedOut elsewhere']);
    expect(await failureOf(other.session.getAccessToken())).toMatchObject({
      code: 'interaction_required',
    });
    expect([kit.refreshes(), kit.revoked]).toEqual([1, []]);
  });

  it('does not count where another context has rotated meanwhile', async () => {
    const kit = sessionKit();
    const one = await kit.expired();
    const other = kit.open();
    other.store.takeLocks();
    const held = kit.hold(refusal);
    const token = one.session.getAccessToken();
    await held.asked;
    kit.answer();
    expect(await other.session.getAccessToken({ force: true })).toBe('access-canary-1');
    held.release();
    expect(await token).toBe('access-canary-1');
    expect(one.told()).toEqual(['signedIn', 'refreshed']);
    expect(kit.refreshes()).toBe(2);
  });

  it('does not count where somebody else has signed in meanwhile', async () => {
    const kit = sessionKit();
    const { session, told } = await kit.expired();
    const held = kit.hold(refusal);
    const failure = failureOf(session.getAccessToken());
    await held.asked;
    await session.establish(kit.graces());
    held.release();
    expect(await failure).toMatchObject({ code: 'interaction_required' });
    expect(session.current().claims?.sub).toBe('grace');
    expect(told()).not.toContain('signedOut ended');
  });

  it('counts although the store refuses to delete, and is not forgotten', async () => {
    const kit = sessionKit();
    const { session, store, told } = await kit.expired();
    kit.answer(refusal);
    const recover = store.refuse('delete');
    await failureOf(session.getAccessToken());
    expect(told()).toEqual(['signedIn', 'storageDegraded', 'signedOut ended']);
    await failureOf(session.getAccessToken({ force: true }));
    expect((await session.restore()).status).toBe('signedOut');
    expect(kit.refreshes()).toBe(1);
    recover();
    await session.restore();
    expect(await kit.stored()).toBeUndefined();
  });

  it('is heard again where the store could not be read then', async () => {
    const kit = sessionKit();
    const { events, session, store } = await kit.expired();
    const held = kit.hold(refusal);
    const failure = failureOf(session.getAccessToken());
    await held.asked;
    const recover = store.refuse('read');
    held.release();
    expect(await failure).toBeDefined();
    recover();
    kit.clock.advance(minute);
    expect(await failureOf(session.getAccessToken())).toMatchObject({
      code: 'interaction_required',
    });
    expect(events.at(-1)).toMatchObject({ reason: 'ended', answerLost: false });
  });
});

describe('answerLost', () => {
  it('is true after a request whose answer never came', async () => {
    const kit = sessionKit();
    const { events, session } = await kit.expired();
    kit.answer((request) => {
      void kit.rotate(request);
      throw new TypeError('connection reset');
    });
    await failureOf(session.getAccessToken());
    kit.answer();
    kit.clock.advance(minute);
    await failureOf(session.getAccessToken());
    expect(events.at(-1)).toMatchObject({ reason: 'ended', answerLost: true });
  });

  it('is true after somebody who set out and never came back', async () => {
    const kit = sessionKit();
    await kit.expired();
    const record = await kit.stored();
    const startedAt = kit.clock.now();
    await kit.putRecord(JSON.stringify({ ...record, intent: { owner: 'crashed', startedAt } }));
    const { events, session } = kit.open();
    kit.answer(refusal);
    await failureOf(session.getAccessToken());
    expect(events.at(-1)).toMatchObject({ reason: 'ended', answerLost: true });
  });

  it.each([
    ['an answer that was refused', () => json({}, 500)],
    ['a page of a proxy', () => new Response('<p>bad gateway</p>', { status: 502 })],
  ])('is false after %s', async (_, responder) => {
    const kit = sessionKit();
    const { events, session } = await kit.expired();
    kit.answer(responder);
    await failureOf(session.getAccessToken());
    kit.clock.advance(minute);
    kit.answer(refusal);
    await failureOf(session.getAccessToken());
    expect(events.at(-1)).toMatchObject({ reason: 'ended', answerLost: false });
  });

  it('is false after an answer that came late but did', async () => {
    const kit = sessionKit();
    const { events, session } = await kit.expired();
    kit.answer(() => new Response('{"half'));
    await failureOf(session.getAccessToken());
    kit.clock.advance(minute);
    kit.answer();
    await session.getAccessToken();
    kit.answer(refusal);
    await failureOf(session.getAccessToken({ force: true }));
    expect(events.at(-1)).toMatchObject({ reason: 'ended', answerLost: false });
  });

  it('is false where only the store’s answer to our own intent was lost', async () => {
    const kit = sessionKit();
    const { events, session, store } = await kit.expired();
    store.refuse('write', { when: 'after', times: 1 });
    await failureOf(session.getAccessToken());
    expect(kit.refreshes()).toBe(0);
    kit.answer(refusal);
    await failureOf(session.getAccessToken());
    expect(events.at(-1)).toMatchObject({ reason: 'ended', answerLost: false });
  });
});
