import { abortable } from '../abortable.ts';
import { type Clock, stopwatch } from '../clock.ts';
import { TimeoutError, TransportError } from '../errors.ts';
import { lifetimeOf, pauseAfter } from '../session/refresh-policy.ts';
import type { KeptToken } from '../session/session-record.ts';
import { type HeldToken, isSameToken } from '../session/session-view.ts';
import { within } from '../session/within.ts';
import type { ServiceTokenEvent } from './service-token-event.ts';
import type { ServiceFailure, Want } from './shared-token.ts';

/** What a caller expects of a token. */
export interface Expectation {
  readonly minValidityMs: number;
  /** The access token that an API refused: any other one will do. */
  readonly rejected: string | undefined;
}

/** One token in this process: held, renewed by one flight at a time, left alone after a failure. */
export interface TokenKeeper {
  /** The token while it lives and is not due: the hot path. */
  fresh(): HeldToken | undefined;
  /** A token that lives. One that is due is given out while it is renewed. */
  get(expected: Expectation): Promise<HeldToken>;
}

export interface TokenKeeperOptions {
  readonly clock: Clock;
  readonly toleranceMs: number;
  readonly random: () => number;
  /** A flight that takes longer has come to nothing: its process was frozen, or its store hangs. */
  readonly deadlineMs: number;
  readonly emit: (event: ServiceTokenEvent) => void;
  /** Everything that makes a difference between tokens. */
  readonly name: () => Promise<string>;
  /** Asks the provider. */
  readonly request: (key: string, signal: AbortSignal) => Promise<KeptToken>;
  /** Sees to it that the provider is asked: by us, or by one of many. */
  readonly obtain: (want: Want) => Promise<void>;
  /** Flights in the air: who ends them all ends what is under way. */
  readonly flights: Set<AbortController>;
}

interface Flight {
  readonly landing: Promise<HeldToken>;
  readonly age: () => number;
  /** What it was known not to be good for when it began. */
  readonly rejected: string | undefined;
}

/** Pauses grow up to eight seconds and no more: nobody but us ends an outage for a service. */
const MOST_ATTEMPTS = 3;
/** Requests in a row whose answers come so late that the token has expired. */
const MOST_TRIES = 3;
/** So much of its life, and no more than a second, a token needs to get to an API. */
const TRAVEL_SHARE = 1 / 40;
const TRAVEL_MS = 1_000;

export function tokenKeeper(options: TokenKeeperOptions): TokenKeeper {
  const { clock, deadlineMs, emit, flights, name, obtain, random, request, toleranceMs } = options;
  let held: HeldToken | undefined;
  let flight: Flight | undefined;
  let pause: { readonly error: unknown; readonly attempts: number; isOver(): boolean } | undefined;

  const withLifetime = (token: KeptToken): HeldToken => ({
    token,
    promise: Promise.resolve(token.accessToken),
    ...lifetimeOf(token, clock, toleranceMs, random),
  });

  const usable = ({ minValidityMs, rejected }: Expectation) =>
    held?.token.accessToken !== rejected && held?.lasts(minValidityMs) ? held : undefined;

  /** A token from the provider that lives. What is sent again is harmless: it makes another one. */
  const ask = async (key: string, attempts: number, signal: AbortSignal): Promise<HeldToken> => {
    for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
      const took = stopwatch(clock);
      try {
        const found = withLifetime(await request(key, signal));
        emit({ type: 'requested', durationMs: took() });
        if (found.lasts(travelMsOf(found))) return found;
      } catch (error) {
        emit({ type: 'failed', durationMs: took(), error });
        // A connection that was closed while it rested says nothing about the provider.
        const isFirst = attempts + tries === 1;
        if (!isFirst || Object(error).code !== 'network_error') throw error;
      }
    }
    throw new TimeoutError('The token had expired before it arrived.', 'token');
  };

  const beginPause = (error: unknown, attempts: number, pauseMs: number) => {
    const since = stopwatch(clock);
    pause = { error, attempts, isOver: () => since() >= pauseMs };
  };

  const failed = (error: unknown, attempts: number): ServiceFailure => {
    const pauseMs = pauseAfter(error, Math.min(attempts, MOST_ATTEMPTS), random);
    beginPause(error, attempts, pauseMs);
    const failedAt = clock.now();
    return { code: `${Object(error).code}`, attempts, failedAt, retryAt: failedAt + pauseMs };
  };

  const renew = (expected: Expectation): Promise<HeldToken> => {
    if (flight && flight.age() < deadlineMs) return flight.landing;
    if (pause && !pause.isOver()) return Promise.reject(pause.error);
    const age = stopwatch(clock);
    const controller = new AbortController();
    const { signal } = controller;
    // What comes back after all from a flight that was given up changes nothing any more.
    const isCurrent = () => flight?.age === age;
    const fly = () =>
      new Promise<HeldToken>((resolve, reject) => {
        const wantOf = (key: string): Want => ({
          ...{ key, signal },
          offer(token) {
            const found = withLifetime(token);
            // By its time: a provider may give the same one again, with a new life or what is left.
            const isNewer = !usable(expected) || token.obtainedAt > (held?.token.obtainedAt ?? 0);
            const isNews =
              token.accessToken !== expected.rejected && !isSameToken(held?.token, token);
            if (!isCurrent() || !isNews || !isNewer || found.isExpired()) return false;
            held = found;
            emit({ type: 'shared' });
            if (!found.isFresh() || !found.lasts(expected.minValidityMs)) return false;
            pause = undefined;
            resolve(found);
            return true;
          },
          postpone({ attempts, code, failedAt, retryAt }) {
            const now = clock.now();
            // A clock that is wrong, here or there, must not make the pause endless.
            if (!(failedAt <= now && now < retryAt)) return false;
            const error = new TransportError(
              `The last request for a token failed (${code}); the next one is due later.`,
              {
                code: 'refresh_postponed',
                phase: 'token',
                retryable: true,
                retryAfterMs: retryAt - now,
                reason: code,
              },
            );
            // No longer than the caller is told: then somebody else may have a token for us already.
            beginPause(error, attempts, retryAt - now);
            reject(error);
            return true;
          },
          async request(attempts = pause?.attempts ?? 0) {
            try {
              const found = await ask(key, attempts, signal);
              if (isCurrent()) [held, pause] = [found, undefined];
              resolve(found);
              return { token: found.token };
            } catch (error) {
              reject(error);
              // That we were told to stop says nothing about the provider, and must keep nobody waiting.
              if (!isCurrent() || signal.aborted) return {};
              const failure = failed(error, attempts + 1);
              // Nor does what is wrong here, and the others may have it right.
              return Object(error).phase === 'configuration' ? {} : { failure };
            }
          },
        });
        name().then(wantOf).then(obtain).catch(reject);
      });
    flights.add(controller);
    // It is over before anybody learns of it, so that whoever asks again then sets out anew.
    const landing = within(clock, deadlineMs, () => abortable(fly, signal, 'token')).finally(() => {
      flights.delete(controller);
      if (isCurrent()) flight = undefined;
    });
    landing.catch(() => controller.abort());
    flight = { landing, age, rejected: expected.rejected };
    return landing;
  };

  return {
    fresh: () => (held?.isFresh() ? held : undefined),
    async get(expected) {
      const minValidityMs = Math.max(expected.minValidityMs, travelMsOf(held));
      const atHand = usable({ ...expected, minValidityMs });
      emit({ type: atHand ? 'hit' : 'miss' });
      if (atHand) {
        if (!atHand.isFresh()) renew(expected).catch(() => {});
        return atHand;
      }
      try {
        const { rejected } = flight ?? expected;
        const found = await renew(expected);
        // A flight may have begun before the caller learned that this very token will not do.
        const isOld =
          rejected !== expected.rejected && found.token.accessToken === expected.rejected;
        return isOld ? await renew(expected) : found;
      } catch (error) {
        // Shorter than wished for is better than nothing.
        const last = usable({ ...expected, minValidityMs: 0 });
        if (last) return last;
        throw error;
      }
    },
  };
}

/** How long a token has to live to be of use to an API. */
function travelMsOf(held: HeldToken | undefined): number {
  const { expiresAt = Infinity, obtainedAt = 0 } = held?.token ?? {};
  return Math.min(TRAVEL_MS, (expiresAt - obtainedAt) * TRAVEL_SHARE);
}
