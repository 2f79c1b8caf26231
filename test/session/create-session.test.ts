import { describe, expect, it } from 'vitest';
import { createSession, memoryStore } from '../../src/index.ts';
import type { Anything } from '../support/refusals.ts';
import { failureOf } from '../support/relying-party.ts';
import { lifetime, recordKey, sessionKit } from '../support/session-kit.ts';
import { quiet } from '../support/turns.ts';

describe('createSession', () => {
  it('reads nothing and sends nothing until it is used', async () => {
    const kit = sessionKit();
    const { session, store } = kit.open();
    await quiet();
    expect([store.count(), kit.op.web.requests, session.current().status]).toEqual([
      0,
      [],
      'unknown',
    ]);
    expect(Object.isFrozen(session)).toBe(true);
  });

  it.each<[wrong: string, options: Anything, option: string]>([
    ['no store', { store: undefined }, 'store'],
    ['a store that is none', { store: { read() {}, write() {} } }, 'store'],
    ['resources that are no list', { resources: { url: 'https://api.example' } }, 'resources'],
    ['a resource that is text', { resources: ['https://api.example'] }, 'resources'],
    ['an empty name', { name: '' }, 'name'],
    ['a name that is a number', { name: 7 }, 'name'],
    ['renew that is no function', { renew: {} }, 'renew'],
    ['isSessionEnded that is no function', { isSessionEnded: true }, 'isSessionEnded'],
    ['random that is no function', { random: 0.5 }, 'random'],
    ['a notifier that is none', { notifier: { notify() {} } }, 'notifier'],
    ['a lifecycle that is none', { lifecycle: { listen() {} } }, 'lifecycle'],
  ])('refuses %s', async (_, options, option) => {
    const kit = sessionKit();
    const given = { client: kit.op.client(), store: memoryStore(), ...options };
    expect(await failureOf(() => createSession(given))).toMatchObject({
      name: 'ConfigurationError',
      code: 'invalid_option',
      option,
    });
  });

  it.each<[wrong: string, tokens: Anything, option: string]>([
    ['nothing', undefined, 'tokens'],
    ['no access token', { accessToken: undefined }, 'accessToken'],
    ['an empty access token', { accessToken: '' }, 'accessToken'],
    ['a raw answer of a server', { obtainedAt: undefined }, 'tokens'],
    ['a time that is none', { obtainedAt: Number.NaN }, 'tokens'],
    ['an ID token that is none', { idToken: {} }, 'tokens'],
    ['a resource that is none', { resource: ['https://api.example'] }, 'tokens'],
    ['the thumbprint of no key', { keyThumbprint: 7 }, 'tokens'],
    ['claims that are nothing', { claims: null }, 'tokens'],
  ])('takes no tokens that are none: %s', async (_, members, option) => {
    const kit = sessionKit();
    const { session, told } = kit.open();
    const tokens = members && { ...kit.tokens(), ...members };
    expect(await failureOf(session.establish(tokens))).toMatchObject({
      code: 'invalid_option',
      option,
    });
    expect([told(), await kit.stored()]).toEqual([[], undefined]);
  });

  it('keeps sessions of other names, clients and issuers apart', async () => {
    const kit = sessionKit();
    const ada = await kit.signedIn();
    const grace = kit.open({ name: 'grace' });
    const elsewhere = kit.open({ client: { clientId: 'another-app' } });
    expect((await grace.session.restore()).status).toBe('signedOut');
    expect((await elsewhere.session.restore()).status).toBe('signedOut');
    await grace.session.establish(kit.graces());
    await grace.session.signOut();
    await quiet();
    expect(ada.told()).toEqual(['signedIn']);
    expect(await ada.session.getAccessToken()).toBe('access-canary-0');
    expect(await kit.inner.read(recordKey)).toBeDefined();
  });

  it('does not wait for one name because of another', async () => {
    const kit = sessionKit();
    const ada = await kit.expired();
    const grace = await kit.expired({ name: 'grace' });
    const held = kit.hold();
    const first = ada.session.getAccessToken();
    await held.asked;
    kit.answer(() => Response.json(kit.granted()));
    expect(await grace.session.getAccessToken()).toBe('access-canary-2');
    held.release();
    expect(await first).toBe('access-canary-1');
  });

  it('spreads refreshes by chance unless told otherwise', async () => {
    const kit = sessionKit();
    const session = createSession({ client: kit.op.client(), store: kit.inner });
    await session.establish(kit.tokens());
    kit.clock.advance(lifetime + 1);
    expect(await session.getAccessToken()).toBe('access-canary-1');
  });
});
