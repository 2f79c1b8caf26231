import type { ErrorPhase } from './errors.ts';

/**
 * One redacted fact about an exchange. URLs come without query and fragment; tokens, secrets and
 * bodies never appear.
 */
export type TraceEvent =
  | {
      readonly type: 'request';
      readonly phase: ErrorPhase;
      readonly method: string;
      readonly url: string;
    }
  | {
      readonly type: 'response';
      readonly phase: ErrorPhase;
      readonly method: string;
      readonly url: string;
      readonly status: number;
      /** From sending the request to having read the whole body. */
      readonly durationMs: number;
    }
  | {
      /** A check that passed, such as `id_token.signature`. */
      readonly type: 'check';
      readonly phase: ErrorPhase;
      readonly check: string;
    }
  | {
      /** The same is asked again, because of what the server answered. */
      readonly type: 'retry';
      readonly phase: ErrorPhase;
      /** The server's error code, such as `use_dpop_nonce` or `slow_down`; or ours. */
      readonly reason: string;
    }
  | {
      /** A cached copy was used because the live one could not be had. */
      readonly type: 'stale';
      readonly phase: ErrorPhase;
      readonly url: string;
    };

/** Receives what happens; must not throw. */
export type Trace = (event: TraceEvent) => void;

/** Whoever only watches cannot get in the way, neither at once nor later. */
export function quiet<Event>(listener: (event: Event) => unknown): (event: Event) => void {
  return (event) => {
    try {
      (listener(event) as Partial<Promise<unknown>> | undefined)?.catch?.(() => {});
    } catch {
      // Theirs to find.
    }
  };
}
