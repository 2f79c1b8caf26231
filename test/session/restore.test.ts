import { describe, expect, it } from 'vitest';
import { encryptedStore, type SessionEvent } from '../../src/index.ts';
import { failureOf } from '../support/relying-party.ts';
import { lifetime, minute, recordKey, sessionKit } from '../support/session-kit.ts';
import { quiet } from '../support/turns.ts';

const aFailure = { code: 'http_status', attempts: 1, failedAt: 1 };
const nobody = { status: 'signedOut', claims: undefined, scope: '', expiresAt: undefined };

describe('restore', () => {
  it('finds nobody', async () => {
    const kit = sessionKit();
    const { session, told } = kit.open();
    expect(session.current()).toEqual({ ...nobody, status: 'unknown' });
    expect(await session.restore()).toEqual(nobody);
    expect(session.current()).toEqual(nobody);
    expect(told()).toEqual(['signedOut none']);
  });

  it('finds a session, without any request', async () => {
    const kit = sessionKit();
    await kit.signedIn();
    const { events, session, store } = kit.open();
    const snapshot = await session.restore();
    expect(snapshot).toEqual({
      status: 'signedIn',
      claims: kit.tokens().claims,
      scope: 'openid orders',
      expiresAt: kit.clock.now() + lifetime,
    });
    expect(session.current()).toBe(snapshot);
    expect(Object.isFrozen(snapshot)).toBe(true);
    expect(events).toEqual([{ type: 'signedIn', via: 'restore' }]);
    expect([kit.op.web.requests, store.count(), store.count('read')]).toEqual([[], 1, 1]);
  });

  it('finds a session whose token is over, without any request', async () => {
    const kit = sessionKit();
    await kit.expired();
    const { session, told } = kit.open();
    expect((await session.restore()).status).toBe('signedIn');
    await quiet();
    expect([kit.op.web.requests, told()]).toEqual([[], ['signedIn']]);
  });

  it('twice tells nothing twice', async () => {
    const kit = sessionKit();
    await kit.signedIn();
    const { session, told } = kit.open();
    const [one, two] = await Promise.all([session.restore(), session.restore()]);
    expect(await session.restore()).toBe(one);
    expect([two, told()]).toEqual([one, ['signedIn']]);
    const other = sessionKit().open();
    await Promise.all([other.session.restore(), other.session.restore()]);
    await other.session.restore();
    expect(other.told()).toEqual(['signedOut none']);
  });

  it('says that the store cannot be read, and knows nothing', async () => {
    const kit = sessionKit();
    await kit.signedIn();
    const { session, store, told } = kit.open();
    const recover = store.refuse('read');
    expect(await failureOf(session.restore())).toMatchObject({ code: 'storage_failed' });
    expect(await failureOf(session.getAccessToken())).toMatchObject({ code: 'storage_failed' });
    expect([session.current().status, told()]).toEqual(['unknown', []]);
    recover();
    expect((await session.restore()).status).toBe('signedIn');
  });

  it('asks for the person where a token is over and nothing renews it', async () => {
    const kit = sessionKit();
    const { told } = await kit.expired({}, { refreshToken: undefined as never });
    const { events, session } = kit.open();
    expect(await session.restore()).toMatchObject({
      status: 'needsInteraction',
      claims: { sub: 'ada' },
      scope: 'openid orders',
    });
    expect(events).toMatchObject([
      { type: 'signedIn', via: 'restore' },
      { type: 'needsInteraction', error: { code: 'interaction_required' } },
    ]);
    expect(await failureOf(session.getAccessToken())).toMatchObject({
      code: 'interaction_required',
    });
    expect([events.length, told(), kit.op.web.requests]).toEqual([2, ['signedIn'], []]);
    expect(await kit.stored()).toBeDefined();
  });

  it('does not ask for the person while a token lives', async () => {
    const kit = sessionKit();
    await kit.signedIn({}, { refreshToken: undefined as never });
    kit.clock.advance(lifetime - minute);
    const { session } = kit.open();
    expect((await session.restore()).status).toBe('signedIn');
    expect(await session.getAccessToken()).toBe('access-canary-0');
    expect(kit.op.web.requests).toEqual([]);
  });
});

describe('a stored record that cannot be read', () => {
  const changed =
    (change: object) =>
    (record: object): string =>
      JSON.stringify({ ...record, ...change });

  it.each<[name: string, spoil: (record: object) => string]>([
    ['garbage', () => 'no JSON at all'],
    ['nothing', () => ''],
    ['a list', () => '[]'],
    ['null', () => 'null'],
    ['half a record', (record) => JSON.stringify(record).slice(0, 100)],
    ['a later version', changed({ version: 2 })],
    ['the record of another session', changed({ key: 'session\nsomebody else' })],
    ['no id', changed({ id: undefined })],
    ['no scope', changed({ scope: undefined })],
    ['no tokens', changed({ tokens: undefined })],
    ['a token that is none', changed({ tokens: [null] })],
    ['a refresh token that is none', changed({ refreshToken: 7 })],
    ['an ID token that is none', changed({ idToken: 7, claims: undefined })],
    ['claims of nobody', changed({ claims: {} })],
    ['claims that are none', changed({ claims: 'ada' })],
    ['claims that are nothing', changed({ claims: null })],
    ['the thumbprint of no key', changed({ keyThumbprint: 7 })],
    ['a resource that is none', changed({ resource: 7 })],
  ])('ends cleanly, and a sign-in replaces it: %s', async (_, spoil) => {
    const kit = sessionKit();
    await kit.signedIn();
    const spoilt = spoil(await kit.stored());
    await kit.putRecord(spoilt);
    const { events, session } = kit.open();
    expect(await session.restore()).toEqual(nobody);
    const [event] = events as [Extract<SessionEvent, { type: 'signedOut' }>];
    expect(event).toMatchObject({
      reason: 'unreadable',
      error: { code: 'record_unreadable', phase: 'storage', retryable: false },
    });
    expect(await failureOf(session.getAccessToken())).toMatchObject({
      code: 'interaction_required',
    });
    expect(await kit.inner.read(recordKey)).toMatchObject({ value: spoilt });
    await session.establish(kit.tokens());
    expect(await kit.open().session.getAccessToken()).toBe('access-canary-0');
    expect(kit.op.web.requests).toEqual([]);
  });

  it.each<[name: string, change: (record: object) => object]>([
    ['an answer that is none', () => ({ pending: 'later' })],
    ['an answer that is nothing', () => ({ pending: null })],
    ['an answer without content', () => ({ pending: { key: '', target: {} } })],
    ['an answer for nothing', () => ({ pending: { answer: { body: {} } } })],
    ['an answer of text', () => ({ pending: { key: '', target: {}, answer: { body: 'text' } } })],
    ['a failure that is none', () => ({ failure: 7 })],
    ['a failure at no time', () => ({ failure: { code: 'http_status', attempts: 1 } })],
    ['a failure for ever', () => ({ failure: { ...aFailure, retryAt: 1e300, isAskedFor: true } })],
    ['an intent that is none', () => ({ intent: 'mine' })],
  ])('in a detail does not keep anybody from a new token for ever: %s', async (_, change) => {
    const kit = sessionKit();
    await kit.expired();
    const record = await kit.stored();
    await kit.putRecord(JSON.stringify({ ...record, ...change(record) }));
    const { session } = kit.open();
    await session.getAccessToken().catch(() => {});
    kit.clock.advance(15 * minute);
    expect(await session.getAccessToken()).toMatch(/^access-canary-[12]$/);
    expect(kit.isReused()).toBe(false);
  });

  it('because its key is lost ends cleanly, and a sign-in replaces it', async () => {
    const kit = sessionKit();
    const key = () => crypto.getRandomValues(new Uint8Array(32));
    const own = key();
    const before = kit.open({ store: encryptedStore(kit.inner, own) });
    await before.session.establish(kit.tokens());
    expect(JSON.stringify(await kit.inner.read(recordKey))).not.toContain('canary');

    const store = encryptedStore(kit.inner, key());
    const { session, told } = kit.open({ store });
    expect(await session.restore()).toEqual(nobody);
    expect(told()).toEqual(['signedOut unreadable']);
    await session.establish(kit.graces());
    expect(await kit.open({ store }).session.getAccessToken()).toBe('access-canary-grace');
    await quiet();
    expect(before.told()).toEqual(['signedIn', 'signedOut unreadable']);
  });
});
