import type { AnyRelierError } from '../errors.ts';

/** What {@link createServiceTokens} tells to whoever counts. No event holds a token. */
export type ServiceTokenEvent =
  | {
      /** A token that was at hand was given out. */
      readonly type: 'hit';
    }
  | {
      /** A caller has to wait for a token, or learns of the last failure. */
      readonly type: 'miss';
    }
  | {
      /** The token that another process has got was taken from the store. */
      readonly type: 'shared';
    }
  | {
      /** The provider was asked, and gave a token. */
      readonly type: 'requested';
      readonly durationMs: number;
    }
  | {
      /** The provider was asked, and gave none. */
      readonly type: 'failed';
      readonly durationMs: number;
      /** An `AnyRelierError`, or what a `grant` of your own has thrown. */
      readonly error: unknown;
    }
  | {
      /** The store cannot be used; told once, until it can be used again. */
      readonly type: 'storeFailed';
      readonly error: AnyRelierError;
    }
  | {
      /** The store can be used again. */
      readonly type: 'storeRecovered';
    };
