import { OAuthResponseError, RelierError } from '../../src/errors.ts';
import type { SessionTokenOptions } from '../../src/session/engine.ts';
import type { SessionEvent, SessionSnapshot } from '../../src/session/session-view.ts';
import type { RawAnswer } from '../../src/session/token-source.ts';
import type { TokenSet } from '../../src/tokens/token-set.ts';
import type { CreateEngine } from './world.ts';

/** What an engine can get wrong; each of them breaks an invariant. */
export type Mistake =
  | 'takes no lock'
  | 'does not read again in the lock'
  | 'ends upon any failure'
  | 'revokes what is in use'
  | 'writes without comparing'
  | 'trusts its memory'
  | 'signs out only here'
  | 'mixes people'
  | 'puts the old refresh token back'
  | 'revokes nothing'
  | 'checks before it keeps'
  | 'forgets who waits'
  | 'refreshes at every read'
  | 'gives up after a failure'
  | 'knows no pause'
  | 'makes a snapshot each time'
  | 'tells tokens'
  | 'throws anything';

interface NaiveRecord extends Pick<TokenSet, 'scope' | 'refreshToken' | 'idToken' | 'claims'> {
  readonly tokens: Readonly<Record<string, { text: string; expiresAt: number } | undefined>>;
  readonly pending?: { readonly resource: string | undefined; readonly answer: RawAnswer };
  readonly retryAt: number;
}

/**
 * A small engine that is good enough for a fair day, and makes the given mistakes: the proof that
 * each invariant can fail, and that the rest of the world is not to blame.
 */
export function naiveEngine(...mistakes: readonly Mistake[]): CreateEngine {
  const makes = (mistake: Mistake) => mistakes.includes(mistake);

  return ({ clock, key, notifier, source, store }) => {
    const listeners = new Set<(event: SessionEvent) => void>();
    let record: NaiveRecord | undefined;
    let revision: string | null = null;
    let snapshot = snapshotOf(undefined);
    let hasFailed = false;
    const inFlight = new Map<string, Promise<string>>();

    const show = (next: NaiveRecord | undefined) => {
      record = next;
      const first = record?.claims?.sub === 'B' && makes('mixes people') ? { sub: 'A' } : {};
      const shown = snapshotOf(next, first);
      if (JSON.stringify(shown) !== JSON.stringify(snapshot)) snapshot = shown;
    };
    const load = async () => {
      const stored = await store.read(key);
      revision = stored?.revision ?? null;
      show(stored && JSON.parse(stored.value));
    };
    const save = async (next: NaiveRecord, found = revision): Promise<string | undefined> => {
      const current = makes('writes without comparing') && (await store.read(key))?.revision;
      const saved = await store.write(key, JSON.stringify(next), current || found);
      if (saved === undefined) return undefined;
      revision = saved;
      show(next);
      notifier?.notify();
      return saved;
    };
    const remove = async () => {
      await load();
      while (revision && !(await store.delete(key, revision))) await load();
      show(undefined);
      notifier?.notify();
    };
    const discard = async (token: string | undefined) => {
      if (token && !makes('revokes nothing')) await source.revoke(token).catch(() => {});
    };
    const follow = () => {
      if (!makes('trusts its memory')) load().catch(() => {});
    };
    let stop: (() => void) | undefined;
    const listen = () => {
      stop ??= notifier?.listen(follow);
    };

    const refresh = async ({ resource, rejected }: SessionTokenOptions, before?: string) => {
      if (!makes('does not read again in the lock')) await load();
      if (!record) throw signedOut();
      const held = record.tokens[resource ?? ''];
      const isOther = held && held.text !== before && held.text !== rejected;
      if (isOther && held.expiresAt > clock.now()) return held.text;
      if (record.pending) return check(record, revision);
      if (hasFailed && makes('gives up after a failure')) throw signedOut();
      if (record.retryAt > clock.now() && !makes('knows no pause')) throw postponed();
      const asked = record;
      const found = revision;
      const since = clock.monotonic();
      let answer: RawAnswer;
      try {
        answer = await source.refresh(asked, { resource }, () => {
          if (clock.monotonic() - since > 8_000) throw postponed();
        });
      } catch (error) {
        hasFailed = true;
        if (isVerdict(error) || makes('ends upon any failure')) await remove();
        else await save({ ...asked, retryAt: clock.now() + 20_000 }, found);
        if (makes('tells tokens')) throw problem(`${asked.refreshToken} did not do.`);
        throw error;
      }
      const refreshToken = (answer.body['refresh_token'] ?? asked.refreshToken) as string;
      const next = { ...asked, refreshToken, pending: { resource, answer } };
      if (makes('checks before it keeps')) return check(next, found);
      if (makes('revokes what is in use')) await source.revoke(refreshToken);
      const saved = await save(next, found);
      if (saved) return check(next, saved);
      await discard(refreshToken);
      throw signedOut();
    };

    const check = async (kept: NaiveRecord, found: string | null): Promise<string> => {
      const { pending, ...rest } = kept;
      const { answer, resource } = pending as NonNullable<NaiveRecord['pending']>;
      const {
        accessToken: text,
        expiresAt = 0,
        ...tokens
      } = await source.verify(kept, { resource }, answer);
      const { claims, idToken } = tokens;
      const refreshToken = makes('puts the old refresh token back')
        ? kept.refreshToken?.replace(/-\d+/, '-0')
        : kept.refreshToken;
      const all = { ...kept.tokens, [resource ?? '']: { text, expiresAt } };
      const next = { ...rest, claims, idToken, refreshToken, tokens: all, retryAt: 0 };
      await save(next as NaiveRecord, found);
      return text;
    };

    const getAccessToken = async (wanted: SessionTokenOptions = {}): Promise<string> => {
      const { force, rejected, resource = '' } = wanted;
      if (makes('throws anything') && rejected) throw new TypeError('rejected is not a function');
      const known = record?.tokens[resource];
      if (!makes('trusts its memory') || !known) await load();
      if (!record) throw signedOut();
      const held = record.tokens[resource];
      const isGood = held && held.text !== rejected && held.expiresAt > clock.now() && !force;
      if (isGood && !makes('refreshes at every read')) return held.text;
      const joined = inFlight.get(resource);
      if (joined !== undefined) return makes('forgets who waits') ? new Promise(() => {}) : joined;
      const work = () => refresh(wanted, held?.text);
      const locked = () => store.withLock(key, work, { leaseMs: 20_000, patienceMs: 25_000 });
      const renewed = (makes('takes no lock') ? work() : locked()).finally(() =>
        inFlight.delete(resource),
      );
      inFlight.set(resource, renewed);
      return renewed;
    };

    return {
      getAccessToken,
      async establish({ accessToken, expiresAt = 0, ...tokens }: TokenSet) {
        listen();
        const next = { ...tokens, tokens: { '': { text: accessToken, expiresAt } }, retryAt: 0 };
        do await load();
        while (!(await save(next)));
      },
      async restore() {
        listen();
        await load();
        return snapshot;
      },
      current: () => (makes('makes a snapshot each time') ? { ...snapshot } : snapshot),
      async signOut() {
        if (makes('signs out only here')) return show(undefined);
        const token = record?.refreshToken;
        await remove();
        await discard(token);
      },
      subscribe(listener: (event: SessionEvent) => void) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      close: () => stop?.(),
    } as unknown as ReturnType<CreateEngine>;
  };
}

function snapshotOf(record: NaiveRecord | undefined, differing: object = {}): SessionSnapshot {
  const status = record ? 'signedIn' : 'signedOut';
  const claims = record?.claims && { ...record.claims, ...differing };
  return { status, claims, scope: record?.scope ?? '', expiresAt: record?.tokens['']?.expiresAt };
}

function isVerdict(error: unknown): boolean {
  return error instanceof OAuthResponseError && error.error === 'invalid_grant';
}

function problem(message: string): RelierError {
  return new RelierError(message, { code: 'network_error', phase: 'session', retryable: true });
}

function signedOut(): RelierError {
  return problem('Nobody is signed in.');
}

function postponed(): RelierError {
  return problem('The next refresh is due later.');
}
