import { describe, expect, it } from 'vitest';
import { failureOf } from '../support/relying-party.ts';
import { issuer } from '../support/scripted-provider.ts';
import { json } from '../support/scripted-web.ts';
import { lifetime, sessionKit } from '../support/session-kit.ts';
import { quiet, until } from '../support/turns.ts';

const revocation = `${issuer}/revoke`;
const again = { accessToken: 'access-canary-again', refreshToken: 'refresh-canary-again' };

describe('sign-out', () => {
  it('ends the session here, in the store, elsewhere and at the server', async () => {
    const kit = sessionKit();
    const { events, session } = await kit.signedIn();
    const other = kit.open();
    await other.session.restore();
    await session.signOut();
    expect(session.current().status).toBe('signedOut');
    expect(events.slice(1)).toEqual([{ type: 'signedOut', reason: 'user' }]);
    expect([await kit.stored(), kit.revoked]).toEqual([undefined, ['refresh-canary-0']]);
    await quiet();
    expect(other.told()).toEqual(['signedIn', 'signedOut elsewhere']);
    expect(await failureOf(session.getAccessToken())).toMatchObject({
      code: 'interaction_required',
      message: 'Nobody is signed in.',
    });
    const request = kit.op.web.requests.find(({ url }) => url === revocation);
    expect(request?.body).toContain('token_type_hint=refresh_token');
  });

  it('tells the server even if the page goes away at once', async () => {
    const kit = sessionKit();
    const kept: unknown[] = [];
    const fetch = (url: string, init: RequestInit) => {
      kept.push([url, init.keepalive]);
      return kit.op.web.fetch(url, init);
    };
    const { session } = await kit.signedIn({ client: { fetch } });
    await session.getAccessToken({ force: true });
    await session.signOut();
    expect(kept).toContainEqual([revocation, true]);
    expect(kept).toContainEqual([`${issuer}/token`, false]);
  });

  it('twice is once', async () => {
    const kit = sessionKit();
    const { session, told } = await kit.signedIn();
    await Promise.all([session.signOut(), session.signOut()]);
    await session.signOut();
    expect([told(), kit.revoked]).toEqual([['signedIn', 'signedOut user'], ['refresh-canary-0']]);
  });

  it('where nobody is signed in does nothing but say so', async () => {
    const kit = sessionKit();
    const { session, told } = kit.open();
    await session.signOut();
    expect([session.current().status, told()]).toEqual(['signedOut', ['signedOut user']]);
    expect(kit.op.web.requests).toEqual([]);
  });

  it('before the first read ends what is stored, readable or not', async () => {
    const kit = sessionKit();
    await kit.signedIn();
    await kit.open().session.signOut();
    expect([await kit.stored(), kit.revoked]).toEqual([undefined, ['refresh-canary-0']]);
    await kit.putRecord('garbage');
    await kit.open().session.signOut();
    expect(await kit.stored()).toBeUndefined();
  });

  it('without a refresh token asks the server for nothing', async () => {
    const kit = sessionKit();
    const { session } = await kit.signedIn({}, { refreshToken: undefined as never });
    await session.signOut();
    expect([await kit.stored(), kit.op.web.requests]).toEqual([undefined, []]);
  });

  it('does not wait for a server that does not answer for longer than 2 s', async () => {
    const kit = sessionKit();
    const { session } = await kit.signedIn();
    kit.op.web.on(revocation, () => new Promise(() => {}));
    let isDone = false;
    const done = session.signOut().then(() => {
      isDone = true;
    });
    await until(() => kit.op.web.count(revocation) === 1);
    expect([session.current().status, await kit.stored()]).toEqual(['signedOut', undefined]);
    kit.clock.advance(1_999);
    await quiet();
    expect(isDone).toBe(false);
    kit.clock.advance(1);
    await done;
  });

  it.each([
    ['refuses', () => json({ error: 'invalid_client' }, 401)],
    ['is down', () => Promise.reject(new TypeError('failed'))],
    ['has no such thing', () => json({}, 404)],
  ])('is done although the server %s', async (_, responder) => {
    const kit = sessionKit();
    const { session } = await kit.signedIn();
    kit.op.web.on(revocation, responder);
    await session.signOut();
    expect([session.current().status, await kit.stored()]).toEqual(['signedOut', undefined]);
    expect(kit.clock.pending).toBe(0);
  });

  it('is done at a server that revokes nothing', async () => {
    const kit = sessionKit();
    const metadata = { revocation_endpoint: undefined };
    const { session } = await kit.signedIn({ client: { metadata } });
    await session.signOut();
    expect([await kit.stored(), kit.op.web.requests]).toEqual([undefined, []]);
  });
});

describe('a refresh in flight at sign-out', () => {
  it('here is discarded, and what it brings is revoked', async () => {
    const kit = sessionKit();
    const { session, told } = await kit.expired();
    const held = kit.hold();
    const failure = failureOf(session.getAccessToken());
    await held.asked;
    await session.signOut();
    held.release();
    expect(await failure).toMatchObject({ code: 'interaction_required' });
    await quiet();
    expect([await kit.stored(), told()]).toEqual([undefined, ['signedIn', 'signedOut user']]);
    expect(kit.revoked).toEqual(['refresh-canary-0', 'refresh-canary-1']);
  });

  it('in another context is discarded, and what it brings is revoked', async () => {
    const kit = sessionKit();
    const one = await kit.expired();
    const other = kit.open();
    await other.session.restore();
    const held = kit.hold();
    const failure = failureOf(one.session.getAccessToken());
    await held.asked;
    await other.session.signOut();
    held.release();
    expect(await failure).toMatchObject({ code: 'interaction_required' });
    await quiet();
    expect(await kit.stored()).toBeUndefined();
    expect(one.told()).toEqual(['signedIn', 'signedOut elsewhere']);
    expect(kit.revoked).toEqual(['refresh-canary-0', 'refresh-canary-1']);
  });

  it('that brings no new refresh token leaves nothing to revoke twice', async () => {
    const kit = sessionKit();
    const { session } = await kit.expired();
    const held = kit.hold(() => json(kit.granted({ refresh_token: undefined })));
    const failure = failureOf(session.getAccessToken());
    await held.asked;
    await session.signOut();
    held.release();
    await failure;
    await quiet();
    expect(kit.revoked).toEqual(['refresh-canary-0']);
  });

  it('whose answer waits to be checked goes with it', async () => {
    const kit = sessionKit();
    const { session } = await kit.expired();
    const id_token = await kit.idToken({}, { kid: 'unknown' });
    kit.answer(() => json(kit.granted({ id_token })));
    await failureOf(session.getAccessToken());
    await session.signOut();
    expect([await kit.stored(), kit.revoked]).toEqual([undefined, ['refresh-canary-1']]);
  });
});

describe('a sign-in during a refresh', () => {
  it('of somebody else discards and revokes it, here', async () => {
    const kit = sessionKit();
    const { events, session } = await kit.expired();
    const held = kit.hold();
    const failure = failureOf(session.getAccessToken());
    await held.asked;
    await session.establish(kit.graces());
    held.release();
    await failure;
    await quiet();
    expect(events.slice(1)).toEqual([
      { type: 'signedOut', reason: 'userChanged' },
      { type: 'signedIn', via: 'establish' },
    ]);
    expect(kit.revoked).toEqual(['refresh-canary-0', 'refresh-canary-1']);
    expect((await kit.stored()).claims.sub).toBe('grace');
  });

  it('of somebody else discards and revokes it, elsewhere', async () => {
    const kit = sessionKit();
    const { events, session } = await kit.expired();
    const held = kit.hold();
    const failure = failureOf(session.getAccessToken());
    await held.asked;
    await kit.open().session.establish(kit.graces());
    held.release();
    expect(await failure).toMatchObject({ code: 'interaction_required' });
    await quiet();
    expect(events.slice(1)).toEqual([
      { type: 'signedOut', reason: 'userChanged' },
      { type: 'signedIn', via: 'elsewhere' },
    ]);
    expect([...kit.revoked].sort()).toEqual(['refresh-canary-0', 'refresh-canary-1']);
    expect(await session.getAccessToken()).toBe('access-canary-grace');
  });

  it.each(['here', 'elsewhere'])('of the same person revokes nothing, %s', async (place) => {
    const kit = sessionKit();
    const { session, told } = await kit.expired();
    const held = kit.hold();
    const token = session.getAccessToken().catch(() => {});
    await held.asked;
    await (place === 'here' ? session : kit.open().session).establish(kit.tokens(again));
    held.release();
    await token;
    await quiet();
    expect([kit.revoked, told()]).toEqual([[], ['signedIn', 'signedIn']]);
    expect((await kit.stored()).refreshToken).toBe('refresh-canary-again');
    expect(await session.getAccessToken()).toBe('access-canary-again');
    kit.clock.advance(lifetime);
  });
});
