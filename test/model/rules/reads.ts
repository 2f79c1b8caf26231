import type { Context } from '../context.ts';
import type { AccessToken, Family, User } from '../grants.ts';
import type { Ledger } from '../ledger.ts';
import type { RecordRules } from './record.ts';

/** What a context must know: from when on, and who is signed in since. */
interface Floor {
  readonly epoch: number;
  readonly user: User | undefined;
  /** Sign-ins of its own up to this one are over, whether or not they ever came to the store. */
  readonly over: number;
}

/** I4: who may be given whose token. */
export interface ReadRules {
  /** A context has been told that something changed, or has read the store. */
  told(context: Context, epoch: number): void;
  /** A sign-in has completed in this context. */
  signedIn(context: Context, family: Family): void;
  /** A sign-out has completed in this context, before which there had been so many sign-ins. */
  signedOut(context: Context, over: number, epochBefore: number): void;
  /** Somebody starts to read; the returned function is given the token. */
  reading(context: Context): (token: AccessToken) => void;
}

export function readRules(ledger: Ledger, records: RecordRules): ReadRules {
  const floors = new Map<Context, Floor>();
  const floorOf = (context: Context): Floor =>
    floors.get(context) ?? { epoch: 0, user: undefined, over: -1 };
  const raise = (context: Context, higher: Partial<Floor>) => {
    const floor = floorOf(context);
    if ((higher.epoch ?? 0) >= floor.epoch) floors.set(context, { ...floor, ...higher });
  };

  return {
    told(context, epoch) {
      raise(context, { epoch, user: records.heldAt(epoch)?.user });
    },
    signedIn(context, family) {
      // One that the store has refused counts here all the same.
      raise(context, { epoch: family.epoch ?? records.epoch() + 1, user: family.user });
    },
    signedOut(context, over, epochBefore) {
      const isOver = records.epoch() > epochBefore || !records.stored();
      ledger.check(
        'I4',
        isOver,
        () => `${context.name} has signed out and the record is still there`,
      );
      const isEmpty = !records.stored();
      const epoch = isEmpty ? records.epoch() : epochBefore + 1;
      raise(context, { epoch, user: undefined, over });
    },
    reading(context) {
      const floor = floorOf(context);
      return ({ family, text }) => {
        const { epoch, home, number, user } = family;
        const isNewEnough =
          epoch === undefined ? home === context && number > floor.over : epoch >= floor.epoch;
        ledger.check(
          'I4',
          isNewEnough || user === floor.user,
          () => `${context.name} gets ${text} of ${user}, who is not signed in any more`,
        );
      };
    },
  };
}
