import { describe, expect, it } from 'vitest';
import {
  InteractionRequiredError,
  type Renew,
  type RenewRequest,
  TransportError,
} from '../../src/index.ts';
import { failureOf } from '../support/relying-party.ts';
import { defer } from '../support/scripted-web.ts';
import { claimsOf, lifetime, sessionKit } from '../support/session-kit.ts';
import { quiet, until } from '../support/turns.ts';

const noRefreshToken = { refreshToken: undefined as never };

/** A session that is renewed by a hidden sign-in. */
async function setUp(by?: (n: number, request: RenewRequest) => object | Promise<object>) {
  const kit = sessionKit();
  const requests: RenewRequest[] = [];
  const renew: Renew = async (request) => {
    requests.push(request);
    const n = requests.length;
    const members = (await by?.(n, request)) ?? {};
    return kit.tokens({ accessToken: `silent-canary-${n}`, ...noRefreshToken, ...members });
  };
  const context = await kit.expired({ renew }, noRefreshToken);
  return { kit, renew, requests, ...context };
}

const failing = (error: Error) => () => {
  throw error;
};
const interaction = new InteractionRequiredError('The person has to sign in.', {
  error: 'login_required',
  phase: 'authorization',
  retryable: false,
});
const outage = new TransportError('No answer.', {
  code: 'network_error',
  phase: 'authorization',
  retryable: true,
});

describe('renew', () => {
  it('gets new tokens in place of a refresh token', async () => {
    const { kit, requests, session, told } = await setUp();
    const tokens = await Promise.all([session.getAccessToken(), session.getAccessToken()]);
    expect(tokens).toEqual(['silent-canary-1', 'silent-canary-1']);
    expect(requests).toEqual([
      {
        resource: undefined,
        scope: undefined,
        claims: session.current().claims,
        idToken: undefined,
      },
    ]);
    expect([kit.op.web.requests, told()]).toEqual([[], ['signedIn', 'refreshed']]);
    expect((await kit.stored()).tokens).toMatchObject([{ accessToken: 'silent-canary-1' }]);
  });

  it('is asked for one target at a time', async () => {
    const { requests, session } = await setUp();
    await session.getAccessToken();
    const wish = { resource: 'https://api.example', scope: 'orders' };
    expect(await session.getAccessToken(wish)).toBe('silent-canary-2');
    expect(await session.getAccessToken()).toBe('silent-canary-1');
    expect(requests[1]).toMatchObject(wish);
  });

  it('is asked once by all who share the store', async () => {
    const { kit, renew, requests, session } = await setUp();
    const other = kit.open({ renew });
    const both = [session.getAccessToken(), other.session.getAccessToken()];
    expect(await Promise.all(both)).toEqual(['silent-canary-1', 'silent-canary-1']);
    expect(requests).toHaveLength(1);
  });

  it('takes the place of a refresh token even where there is one', async () => {
    const { kit, session } = await setUp(() => ({ refreshToken: 'refresh-canary-new' }));
    await session.getAccessToken();
    expect((await kit.stored()).refreshToken).toBe('refresh-canary-new');
    expect(await session.getAccessToken({ force: true })).toBe('silent-canary-2');
    expect(kit.refreshes()).toBe(0);
  });

  it('leaves what it does not bring to the sign-out', async () => {
    const kit = sessionKit();
    const renew: Renew = async () =>
      kit.tokens({ accessToken: 'silent-canary-1', ...noRefreshToken });
    const { session } = await kit.expired({ renew }, { idToken: 'the.id.token' });
    expect(await session.getAccessToken()).toBe('silent-canary-1');
    expect(await session.signOut()).toEqual({ idTokenHint: 'the.id.token' });
    expect(kit.revoked).toEqual(['refresh-canary-0']);
  });

  it('is not needed for a restore', async () => {
    const { kit, renew, requests } = await setUp();
    const { session } = kit.open({ renew });
    expect((await session.restore()).status).toBe('signedIn');
    expect(requests).toEqual([]);
  });

  it('for another person ends the session', async () => {
    const { kit, session, told } = await setUp(() => ({ claims: claimsOf('grace', 0) }));
    expect(await failureOf(session.getAccessToken())).toMatchObject({
      code: 'interaction_required',
    });
    expect(told()).toEqual(['signedIn', 'signedOut invalidResponse']);
    expect([await kit.stored(), session.current().status]).toEqual([undefined, 'signedOut']);
  });

  it('for another person gives back what that one got', async () => {
    const members = { claims: claimsOf('grace', 0), refreshToken: 'refresh-canary-grace' };
    const { kit, session } = await setUp(() => members);
    await failureOf(session.getAccessToken());
    await until(() => kit.revoked.length > 0);
    expect(kit.revoked).toEqual(['refresh-canary-grace']);
  });

  it('for nobody in particular ends the session', async () => {
    const { session, told } = await setUp(() => ({ claims: undefined }));
    await failureOf(session.getAccessToken());
    expect(told().at(-1)).toBe('signedOut invalidResponse');
  });

  it('that needs the person says so, once, and the session stays', async () => {
    const { events, kit, requests, session } = await setUp(failing(interaction));
    expect(await failureOf(session.getAccessToken())).toBe(interaction);
    expect(await failureOf(session.getAccessToken())).toBe(interaction);
    expect(session.current()).toMatchObject({ status: 'needsInteraction', claims: { sub: 'ada' } });
    expect(events.slice(1)).toEqual([
      { type: 'refreshFailed', error: interaction },
      { type: 'needsInteraction', error: interaction },
    ]);
    expect(requests).toHaveLength(1);
    expect(await kit.stored()).toBeDefined();
  });

  it.each([
    ['with one of our errors', outage],
    ['with any error', new Error('the frame is gone')],
  ])('that fails %s is asked again after a pause', async (_, error) => {
    const { kit, requests, session } = await setUp((n) => (n === 1 ? Promise.reject(error) : {}));
    await expect(session.getAccessToken()).rejects.toBe(error);
    await expect(session.getAccessToken()).rejects.toBe(error);
    expect([requests.length, session.current().status]).toEqual([1, 'signedIn']);
    kit.clock.advance(1_000);
    expect(await session.getAccessToken()).toBe('silent-canary-2');
    expect((await kit.stored()).failure).toBeUndefined();
  });

  it.each([
    ['nothing', undefined],
    ['no tokens', {}],
    ['a token that is none', { accessToken: 7 }],
  ])('that brings %s is a failure like any other', async (_, result) => {
    const kit = sessionKit();
    let asked = 0;
    const renew = async () => {
      asked += 1;
      return result as never;
    };
    const { session } = await kit.expired(
      { renew },
      { ...noRefreshToken, claims: undefined as never },
    );
    await expect(session.getAccessToken()).rejects.toThrow();
    await session.getAccessToken().catch(() => {});
    expect([asked, session.current().status]).toEqual([1, 'signedIn']);
    expect((await kit.stored()).tokens).toMatchObject([{ accessToken: 'access-canary-0' }]);
  });

  it('ahead of time does not disturb', async () => {
    const { kit, requests, session } = await setUp((n) => (n === 2 ? failing(outage)() : {}));
    await session.getAccessToken();
    kit.clock.advance(lifetime - 10_000);
    expect(await session.getAccessToken()).toBe('silent-canary-1');
    await until(() => requests.length === 2);
    await quiet();
    expect([session.current().status, await session.getAccessToken()]).toEqual([
      'signedIn',
      'silent-canary-1',
    ]);
  });

  it.each(['here', 'elsewhere'])('is discarded after a sign-out %s', async (place) => {
    const go = defer<object>();
    const { kit, requests, session } = await setUp(() => go.promise);
    const failure = failureOf(session.getAccessToken());
    await until(() => requests.length === 1);
    await (place === 'here' ? session : kit.open().session).signOut();
    go.resolve({ refreshToken: 'refresh-canary-late' });
    expect(await failure).toMatchObject({ code: 'interaction_required' });
    await quiet();
    expect([session.current().status, await kit.stored()]).toEqual(['signedOut', undefined]);
    expect(kit.revoked).toEqual(['refresh-canary-late']);
  });
});
