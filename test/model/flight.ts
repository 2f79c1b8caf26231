import type { Context } from './context.ts';
import type { RefreshToken } from './grants.ts';

/** One refresh request, from the moment it leaves. */
export interface Flight {
  readonly by: Context;
  readonly token: RefreshToken;
  readonly sentAt: number;
  /**
   * Those whose answers could be counted as lost when this one was sent, or when its sender wrote
   * down that it would be.
   */
  readonly lostBefore: ReadonlySet<Flight>;
  /** The sender does not know yet what came of it, and its time is not over. */
  isInAir: boolean;
  /** The sender was told that there is no answer. */
  isGivenUp: boolean;
  /** The sender's lock was given to somebody else, because it was frozen for too long. */
  hasLostLock: boolean;
  /** The refresh token that the server gave for it. */
  brought?: RefreshToken;
  /** The answer has reached the sender. */
  isDelivered: boolean;
}

/** Whether whoever sent it is out of the game, so that somebody else may have a try. */
export function isAbandoned({ by, hasLostLock, isGivenUp }: Flight): boolean {
  return by.isCrashed() || by.isDone() || hasLostLock || isGivenUp;
}

/** Whether the new refresh token never came to where it could be kept: nobody can prevent that. */
export function isAnswerLost(flight: Flight): boolean {
  return !flight.brought?.isStored && isAbandoned(flight);
}
