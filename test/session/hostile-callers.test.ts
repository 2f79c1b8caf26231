import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../support/relying-party.ts';
import { json } from '../support/scripted-web.ts';
import { lifetime, sessionKit } from '../support/session-kit.ts';
import { quiet } from '../support/turns.ts';

describe('a server that gives the same access token again', () => {
  const again = (kit: ReturnType<typeof sessionKit>) =>
    kit.answer(() => json({ ...kit.granted(), access_token: 'access-canary-0' }));

  it('is asked once for its new life', async () => {
    const kit = sessionKit();
    const { session, told } = await kit.expired();
    again(kit);
    for (let call = 0; call < 10; call++) {
      expect(await session.getAccessToken()).toBe('access-canary-0');
    }
    expect([kit.refreshes(), told()]).toEqual([1, ['signedIn', 'refreshed']]);
    expect(session.current().expiresAt).toBe(kit.clock.now() + lifetime);
  });

  it('is asked once by many callers in several contexts', async () => {
    const kit = sessionKit();
    const { session } = await kit.expired();
    const others = [kit.open(), kit.open(), kit.open()].map((other) => other.session);
    again(kit);
    await Promise.all([session, session, ...others, ...others].map((one) => one.getAccessToken()));
    expect(kit.refreshes()).toBe(1);
  });
});

describe('what the caller passes in', () => {
  it('a notifier that throws gets in the way of nothing', async () => {
    const kit = sessionKit();
    const notifier = {
      notify: () => {
        throw new Error('closed');
      },
      listen: () => {
        throw new Error('closed');
      },
    };
    const { session, told } = await kit.signedIn({ notifier });
    expect(await session.getAccessToken({ force: true })).toBe('access-canary-1');
    await session.signOut();
    expect(told()).toEqual(['signedIn', 'refreshed', 'signedOut user']);
    expect(kit.revoked).toEqual(['refresh-canary-1']);
  });

  it('isSessionEnded that throws has not said that it is over', async () => {
    const kit = sessionKit();
    const isSessionEnded = () => {
      throw new Error('no idea');
    };
    const { session } = await kit.expired({ isSessionEnded });
    kit.answer(() => json({}, 500));
    for (let call = 0; call < 5; call++) {
      expect(await failureOf(session.getAccessToken())).toMatchObject({ code: 'http_status' });
    }
    expect([kit.refreshes(), session.current().status]).toEqual([1, 'signedIn']);
  });

  it('renew that never answers is a failure after the client’s time', async () => {
    const kit = sessionKit();
    const { session } = await kit.expired({ renew: () => new Promise(() => {}) });
    const failure = failureOf(session.getAccessToken());
    await quiet();
    kit.clock.advance(10_000);
    expect(await failure).toMatchObject({ code: 'timeout', retryable: true });
  });

  it('claims that are changed afterwards change nothing', async () => {
    const kit = sessionKit();
    const tokens = kit.tokens();
    const claims = { ...tokens.claims, address: { country: 'UK' } } as never;
    const { session } = kit.open();
    await session.establish({ ...tokens, claims });
    Object.assign(claims, { sub: 'mallory' });
    const shown = session.current().claims as unknown as Record<string, unknown>;
    expect(shown).toMatchObject({ sub: 'ada', address: { country: 'UK' } });
    expect(Object.isFrozen(shown) && Object.isFrozen(shown['address'])).toBe(true);
  });

  it('a listener may listen twice, and has to be a function', async () => {
    const kit = sessionKit();
    const { session } = kit.open();
    let calls = 0;
    const listener = () => {
      calls += 1;
    };
    const stop = session.subscribe(listener);
    session.subscribe(listener);
    await session.establish(kit.tokens());
    stop();
    await session.signOut();
    expect(calls).toBe(3);
    expect(() => session.subscribe(undefined as never)).toThrow(/listener/);
  });

  it('a header that cannot be sent is not shown', async () => {
    const kit = sessionKit();
    const { session } = await kit.signedIn({ resources: [{ url: 'https://api.example' }] });
    const headers = { 'x-key': 'canary\n\0' };
    const failure = await failureOf(session.fetch('https://api.example/', { headers }));
    expect(failure).toMatchObject({ code: 'invalid_option', option: 'headers' });
    expect(inspect(failure)).not.toContain('canary');
  });

  it('a signal ends the wait of one caller, and the refresh goes on', async () => {
    const kit = sessionKit();
    const { session } = await kit.expired();
    const held = kit.hold();
    const controller = new AbortController();
    const impatient = failureOf(session.getAccessToken({ signal: controller.signal }));
    const patient = session.getAccessToken();
    await held.asked;
    controller.abort();
    expect(await impatient).toMatchObject({ code: 'aborted', phase: 'session' });
    held.release();
    expect(await patient).toBe('access-canary-1');
    expect(kit.refreshes()).toBe(1);
  });
});

describe('a store', () => {
  it.each(['read', 'write', 'delete'] as const)(
    'that never answers a %s is a failure after ten seconds',
    async (what) => {
      const kit = sessionKit();
      const { session } = await kit.signedIn();
      Object.assign(kit.inner, { [what]: () => new Promise(() => {}) });
      const work = what === 'delete' ? session.signOut() : session.establish(kit.graces());
      const failure = failureOf(work);
      // In small steps: a sleep is no reason to give up.
      for (let second = 0; second < 40; second++) {
        await quiet();
        kit.clock.advance(1_000);
      }
      expect(await failure).toMatchObject({ code: 'storage_failed', reason: 'timeout' });
    },
  );

  it.each(['write', 'delete'] as const)(
    'that always says that somebody was faster at a %s does not keep us busy for ever',
    async (what) => {
      const kit = sessionKit();
      const { session } = await kit.signedIn();
      Object.assign(kit.inner, { [what]: async () => undefined });
      const work = what === 'delete' ? session.signOut() : session.establish(kit.graces());
      expect(await failureOf(work)).toMatchObject({ code: 'storage_failed' });
    },
  );

  it('that contradicts itself does not make a refresh go on for ever', async () => {
    const kit = sessionKit();
    const { session } = await kit.expired();
    kit.inner.write = async () => undefined;
    expect(await failureOf(session.getAccessToken())).toMatchObject({ code: 'lock_timeout' });
    expect(kit.refreshes()).toBe(0);
  });
});

describe('sign-out', () => {
  it('returns what a logout request needs, also after a restart', async () => {
    const kit = sessionKit();
    const { session } = kit.open();
    await session.establish({ ...kit.tokens(), idToken: 'the.id.token' });
    expect(await kit.open().session.signOut()).toEqual({ idTokenHint: 'the.id.token' });
    expect(await session.signOut()).toEqual({});
  });
});
