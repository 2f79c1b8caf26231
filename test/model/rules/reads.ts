import type { Context } from '../context.ts';
import type { AccessToken, Family, User } from '../grants.ts';
import type { Excuse, Ledger } from '../ledger.ts';
import type { RecordRules } from './record.ts';

/** What a context must know: from when on, and who is signed in since. */
interface Floor {
  readonly epoch: number;
  readonly user: User | undefined;
}

/** I4: who may be given whose token. */
export interface ReadRules {
  /** A context has been told that something changed, and can look what. */
  told(context: Context, epoch: number): void;
  /** The store has answered something else than a read. */
  answered(context: Context): void;
  /** A context begins to read the store; the returned function is given what it finds. */
  looking(context: Context): (epoch: number) => void;
  /** The store has refused to be read: what the context was told of it cannot know. */
  isBlind(context: Context): void;
  /** A sign-in begins in this context; the returned function is told when it has ended. */
  signingIn(context: Context, family: Family): (isCompleted: boolean) => void;
  /**
   * A sign-out begins in this context, which shows that session; the returned function is told when
   * it has ended.
   */
  signingOut(context: Context, shown: Family | undefined): (isFulfilled: boolean) => void;
  /** Somebody starts to read; the returned function is given the token. */
  reading(context: Context): (token: AccessToken) => void;
}

const NOTHING: Floor = { epoch: 0, user: undefined };

export function readRules(ledger: Ledger, records: RecordRules): ReadRules {
  const floors = new Map<Context, Floor>();
  /** What was looked at, although nobody could know whether it was the latest. */
  const glimpses = { seenOnlyToBeReplaced: new Map(), readsCrossed: new Map() } satisfies Partial<
    Record<Excuse, Map<Context, Floor>>
  >;
  const answers = new Map<Context, number>();
  const news = new Map<Context, number>();
  const refusals = new Map<Context, number>();
  const signingIn = new Map<Context, Set<Family>>();
  /** What has been signed out of in a context is over in that context, even if the store fails. */
  const over = new Map<Context, Set<Family>>();

  const at = (epoch: number): Floor => ({ epoch, user: records.heldAt(epoch)?.user });
  const answered = (context: Context) => answers.set(context, (answers.get(context) ?? 0) + 1);
  const raise = (context: Context, higher: Floor, of = floors) => {
    const floor = of.get(context) ?? NOTHING;
    if (higher.epoch >= floor.epoch) of.set(context, higher);
  };
  const signInsOf = (context: Context) => {
    const families = signingIn.get(context) ?? new Set();
    signingIn.set(context, families);
    return families;
  };

  return {
    told(context, epoch) {
      news.set(context, Math.max(epoch, news.get(context) ?? 0));
    },
    answered,
    looking(context) {
      const before = answers.get(context);
      return (epoch) => {
        records.seen(context, epoch);
        // Of two answers that cross on their way nobody knows which one is newer.
        const isCrossed = answers.get(context) !== before;
        const isToReplace = signInsOf(context).size > 0;
        if (isToReplace) raise(context, at(epoch), glimpses.seenOnlyToBeReplaced);
        else raise(context, at(epoch), isCrossed ? glimpses.readsCrossed : floors);
        answered(context);
      };
    },
    isBlind(context) {
      news.delete(context);
      refusals.set(context, (refusals.get(context) ?? 0) + 1);
    },
    signingIn(context, family) {
      const families = signInsOf(context);
      families.add(family);
      return (isCompleted) => {
        families.delete(family);
        if (isCompleted && family.epoch !== undefined) raise(context, at(family.epoch));
      };
    },
    signingOut(context, shown) {
      const before = records.epoch();
      over.set(context, new Set([...(over.get(context) ?? []), ...signInsOf(context)]));
      if (shown) over.get(context)?.add(shown);
      return (isFulfilled) => {
        if (!isFulfilled) return;
        const isEmpty = !records.stored();
        ledger.check(
          'I4',
          isEmpty || records.epoch() > before,
          () => `${context.name} has signed out and the record is still there`,
        );
        // Who has signed in again meanwhile need not know why the record is gone by now.
        const isBack = signInsOf(context).size > 0 || (floors.get(context)?.epoch ?? 0) > before;
        const isKnown = isEmpty && !isBack;
        raise(context, { epoch: isKnown ? records.epoch() : before + 1, user: undefined });
      };
    },
    reading(context) {
      const sure = floors.get(context) ?? NOTHING;
      const glimpsed = Object.entries(glimpses).map(
        ([excuse, floorsOf]) => [excuse as Excuse, floorsOf.get(context) ?? NOTHING] as const,
      );
      const told = at(news.get(context) ?? 0);
      const refusedBefore = refusals.get(context);
      const isOver = new Set(over.get(context));
      const isBelow = (family: Family, floor: Floor) => (family.epoch ?? -1) < floor.epoch;
      return ({ family, text }) => {
        const isSame = (floor: Floor) => ledger.excuse('samePerson', family.user === floor.user);
        // Even if it was told once more at the last moment.
        const isBlindSince = refusals.get(context) !== refusedBefore;
        const isGood =
          family.epoch !== undefined &&
          !isOver.has(family) &&
          (!isBelow(family, sure) || isSame(sure)) &&
          // What the store then refused to show.
          (!isBelow(family, told) ||
            isSame(told) ||
            ledger.excuse('blindSinceTheNews', isBlindSince)) &&
          glimpsed.every(
            ([excuse, floor]) =>
              !isBelow(family, floor) || isSame(floor) || ledger.excuse(excuse, true),
          );
        ledger.check(
          'I4',
          isGood,
          () => `${context.name} gets ${text} of ${family.user}, who is not signed in any more`,
        );
      };
    },
  };
}
