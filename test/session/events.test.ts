import { describe, expect, it, vi } from 'vitest';
import type { SessionEvent } from '../../src/index.ts';
import { failureOf } from '../support/relying-party.ts';
import { json } from '../support/scripted-web.ts';
import { jwks, keysAs, lifetime, minute, sessionKit } from '../support/session-kit.ts';
import { quiet } from '../support/turns.ts';

describe('events', () => {
  it('come when the snapshot and the tokens are already the new ones', async () => {
    const kit = sessionKit();
    const { session } = kit.open();
    const seen: unknown[] = [];
    session.subscribe(({ type }) => {
      const { claims, status } = session.current();
      seen.push([type, status, claims?.sub]);
    });
    await session.establish(kit.tokens());
    await session.establish(kit.graces());
    await session.signOut();
    expect(seen).toEqual([
      ['signedIn', 'signedIn', 'ada'],
      ['signedOut', 'signedIn', 'grace'],
      ['signedIn', 'signedIn', 'grace'],
      ['signedOut', 'signedOut', undefined],
    ]);
  });

  it('tell everything once, in the order in which it happened', async () => {
    const kit = sessionKit();
    const { session, told } = await kit.expired();
    kit.answer(() => json({}, 503));
    await failureOf(session.getAccessToken());
    kit.answer();
    kit.clock.advance(minute);
    await session.getAccessToken();
    await session.establish(kit.graces());
    await session.signOut();
    await session.establish(kit.tokens());
    await quiet();
    expect(told()).toEqual([
      'signedIn',
      'refreshFailed',
      'refreshed',
      'signedOut userChanged',
      'signedIn',
      'signedOut user',
      'signedIn',
    ]);
  });

  it('reach other contexts in the same order', async () => {
    const kit = sessionKit();
    const { session } = await kit.expired();
    const other = kit.open();
    await other.session.restore();
    await session.getAccessToken();
    await quiet();
    await session.establish(kit.graces());
    await quiet();
    await session.signOut();
    await quiet();
    expect(other.told()).toEqual([
      'signedIn',
      'refreshed',
      'signedOut userChanged',
      'signedIn',
      'signedOut elsewhere',
    ]);
    expect(other.events.filter(({ type }) => type === 'signedIn')).toEqual([
      { type: 'signedIn', via: 'restore' },
      { type: 'signedIn', via: 'elsewhere' },
    ]);
  });

  it('come through a notifier where the store tells nothing', async () => {
    const kit = sessionKit();
    kit.inner.watch = () => () => {};
    const listeners = new Set<() => void>();
    const notifier = () => {
      let own = () => {};
      return {
        notify() {
          for (const listener of listeners) if (listener !== own) listener();
        },
        listen(listener: () => void) {
          own = listener;
          listeners.add(listener);
          return () => void listeners.delete(listener);
        },
      };
    };
    const { session } = await kit.signedIn({ notifier: notifier() });
    const other = kit.open({ notifier: notifier() });
    await other.session.restore();
    await session.getAccessToken({ force: true });
    await quiet();
    expect(await other.session.getAccessToken()).toBe('access-canary-1');
    await other.session.signOut();
    await quiet();
    expect(session.current().status).toBe('signedOut');
    expect(other.told()).toEqual(['signedIn', 'refreshed', 'signedOut user']);
  });

  it('reach a session that cannot read the store just then with its next read', async () => {
    const kit = sessionKit();
    const { session, store, told } = await kit.signedIn();
    await quiet();
    const recover = store.refuse('read');
    await kit.open().session.signOut();
    await quiet();
    expect(told()).toEqual(['signedIn']);
    recover();
    await session.restore();
    expect(told()).toEqual(['signedIn', 'signedOut elsewhere']);
  });

  it('ask for the person once, however many callers fail', async () => {
    const kit = sessionKit();
    const { session, told } = await kit.expired({}, { refreshToken: undefined as never });
    for (let n = 0; n < 3; n += 1) {
      await Promise.all([session.getAccessToken(), session.getAccessToken()].map(failureOf));
    }
    expect(told()).toEqual(['signedIn', 'needsInteraction']);
    await session.establish(kit.tokens());
    expect([session.current().status, told().at(-1)]).toEqual(['signedIn', 'signedIn']);
  });
});

describe('a listener', () => {
  it('that rejects harms nobody, either', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const kit = sessionKit();
    const { session } = kit.open();
    session.subscribe(() => Promise.reject(new Error('no')));
    await session.establish(kit.tokens());
    await quiet();
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('that throws harms nobody', async () => {
    const kit = sessionKit();
    const { session } = kit.open();
    const heard: string[] = [];
    session.subscribe(() => {
      throw new Error('theirs');
    });
    session.subscribe(({ type }) => void heard.push(type));
    await session.establish(kit.tokens());
    kit.clock.advance(lifetime + 1);
    expect(await session.getAccessToken()).toBe('access-canary-1');
    expect(heard).toEqual(['signedIn', 'refreshed']);
  });

  it('that is taken away hears nothing more, even by another listener', async () => {
    const kit = sessionKit();
    const { session } = kit.open();
    const heard: string[] = [];
    const stop = session.subscribe(({ type }) => {
      heard.push(type);
      stop();
      stop();
    });
    await session.establish(kit.tokens());
    await session.signOut();
    expect(heard).toEqual(['signedIn']);
  });

  it('may use the session it listens to', async () => {
    const kit = sessionKit();
    const { session } = kit.open();
    const tokens: Promise<string>[] = [];
    session.subscribe((event: SessionEvent) => {
      if (event.type === 'signedIn') tokens.push(session.getAccessToken({ force: true }));
      if (event.type === 'refreshed') void session.signOut();
    });
    await session.establish(kit.tokens());
    await Promise.allSettled(tokens);
    await quiet();
    expect([session.current().status, await kit.stored()]).toEqual(['signedOut', undefined]);
    expect(tokens).toHaveLength(1);
  });
});

describe('current', () => {
  it('is the same object until something changes', async () => {
    const kit = sessionKit();
    const { session } = kit.open();
    const unknown = session.current();
    expect(session.current()).toBe(unknown);
    await session.establish(kit.tokens());
    const one = session.current();
    expect(one).not.toBe(unknown);
    await session.getAccessToken();
    await session.restore();
    await quiet();
    await session.getAccessToken({ force: true });
    expect(session.current()).toBe(one);
    kit.clock.advance(minute);
    await session.getAccessToken({ force: true });
    expect(session.current()).not.toBe(one);
    expect(Object.isFrozen(session.current())).toBe(true);
  });

  it('does not change by a refresh that fails, or an answer that waits', async () => {
    const kit = sessionKit();
    const { session } = await kit.expired();
    const before = session.current();
    kit.answer(() => json({}, 503));
    await failureOf(session.getAccessToken());
    const id_token = await kit.idToken({}, { kid: 'server-2' });
    kit.answer(() => json(kit.granted({ id_token })));
    kit.clock.advance(minute);
    await failureOf(session.getAccessToken());
    await quiet();
    expect(session.current()).toBe(before);
    kit.clock.advance(minute);
    kit.op.web.on(jwks, keysAs('server-2'));
    await session.getAccessToken();
    expect(session.current()).not.toBe(before);
  });

  it('holds no token', async () => {
    const kit = sessionKit();
    const { session } = await kit.signedIn({}, { idToken: 'id-canary' });
    expect(JSON.stringify(session.current())).not.toContain('canary');
  });

  it('has the claims of the newest ID token', async () => {
    const kit = sessionKit();
    const { session } = await kit.expired();
    const id_token = await kit.idToken({ name: 'Ada, Countess of Lovelace' });
    kit.answer(() => json(kit.granted({ id_token })));
    await session.getAccessToken();
    expect(session.current().claims).toMatchObject({ name: 'Ada, Countess of Lovelace' });
    kit.answer();
    await session.getAccessToken({ force: true });
    expect(session.current().claims).toMatchObject({ name: 'Ada, Countess of Lovelace' });
  });
});
