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
  /** A context has been told that something changed, and can look what. */
  told(context: Context, epoch: number): void;
  /** A context has read the store. */
  hasRead(context: Context, epoch: number): void;
  /** The store has refused to be read: what the context was told of it cannot know. */
  isBlind(context: Context): void;
  /** A sign-in begins in this context; the returned function is told when it has ended. */
  signingIn(context: Context, family: Family): (isCompleted: boolean) => void;
  /** A sign-out has completed in this context, before which there had been so many sign-ins. */
  signedOut(context: Context, over: number, epochBefore: number): void;
  /** A sign-out has failed in this context, and its caller knows. */
  stillSignedIn(context: Context): void;
  /** Somebody starts to read; the returned function is given the token. */
  reading(context: Context): (token: AccessToken) => void;
}

export function readRules(ledger: Ledger, records: RecordRules): ReadRules {
  const floors = new Map<Context, Floor>();
  const news = new Map<Context, number>();
  const signingIn = new Map<Context, number>();
  const floorOf = (context: Context): Floor =>
    floors.get(context) ?? { epoch: 0, user: undefined, over: -1 };
  const raise = (context: Context, higher: Partial<Floor>) => {
    const floor = floorOf(context);
    if ((higher.epoch ?? 0) >= floor.epoch) floors.set(context, { ...floor, ...higher });
  };

  return {
    told(context, epoch) {
      news.set(context, Math.max(epoch, news.get(context) ?? 0));
    },
    hasRead(context, epoch) {
      // Whoever is about to replace what there is looks at it for that alone.
      if (signingIn.get(context)) return;
      raise(context, { epoch, user: records.heldAt(epoch)?.user });
    },
    isBlind(context) {
      news.delete(context);
    },
    signingIn(context, family) {
      const before = records.epoch();
      signingIn.set(context, (signingIn.get(context) ?? 0) + 1);
      return (isCompleted) => {
        signingIn.set(context, (signingIn.get(context) as number) - 1);
        // One that the store has refused counts here all the same.
        if (isCompleted) raise(context, { epoch: family.epoch ?? before + 1, user: family.user });
      };
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
    stillSignedIn(context) {
      // What the store never had is gone all the same, and what it has shows again.
      const floor = floorOf(context);
      const epoch = Math.min(floor.epoch, records.epoch());
      floors.set(context, { ...floor, epoch });
    },
    reading(context) {
      const sure = floorOf(context);
      const told = news.get(context) ?? 0;
      const isNews = told > sure.epoch;
      const floor = isNews ? { ...sure, epoch: told, user: records.heldAt(told)?.user } : sure;
      const isStillNews = () => !isNews || (news.get(context) ?? 0) >= told;
      return ({ family, text }) => {
        const { epoch, home, number, user } = family;
        const isNewEnough =
          epoch === undefined ? home === context && number > floor.over : epoch >= floor.epoch;
        ledger.check(
          'I4',
          isNewEnough || user === floor.user || !isStillNews(),
          () => `${context.name} gets ${text} of ${user}, who is not signed in any more`,
        );
      };
    },
  };
}
