import type { Context } from '../context.ts';
import { type Flight, isAbandoned, isAnswerLost } from '../flight.ts';
import type { Family, RefreshToken } from '../grants.ts';
import type { Ledger } from '../ledger.ts';

/** I1 and I2: what happens between a context and the server. */
export interface FlightRules {
  readonly flights: readonly Flight[];
  /** A context has changed the record: what is lost by then it may know, and nothing newer. */
  wrote(by: Context): void;
  /** A refresh leaves. */
  sent(by: Context, token: RefreshToken): Flight;
  /** The server sees a refresh token that it has already taken. */
  reused(flight: Flight): void;
  /** The lock of this context was given to somebody else. */
  lockLost(by: Context): void;
}

export function flightRules(ledger: Ledger, now: () => number): FlightRules {
  const flights: Flight[] = [];
  const broken = new Set<Family>();
  const lostAtLastWrite = new Map<Context, readonly Flight[]>();
  const lost = () => flights.filter(isAnswerLost);

  return {
    flights,
    wrote(by) {
      lostAtLastWrite.set(by, lost());
    },
    sent(by, token) {
      ledger.count('requests');
      const rival = flights.find(
        (other) =>
          other.token === token && other.isInAir && !other.by.isCrashed() && !other.hasLostLock,
      );
      ledger.check(
        'I1',
        !rival,
        () => `${by.name} sends ${token.text} while that of ${rival?.by.name} is in the air`,
      );
      const flight: Flight = {
        by,
        token,
        sentAt: now(),
        lostBefore: new Set([...lost(), ...(lostAtLastWrite.get(by) ?? [])]),
        isInAir: true,
        isGivenUp: false,
        hasLostLock: false,
        isDelivered: false,
      };
      flights.push(flight);
      return flight;
    },
    reused(flight) {
      const { family, text } = flight.token;
      const spentBy = flight.token.spentBy as Flight;
      const isOvertaken = isAbandoned(flight) && flight.sentAt < spentBy.sentAt;
      // Whoever sends knows what was then, not what comes in while the request is on its way.
      const wasLost = flight.lostBefore.has(spentBy);
      const isInWindow =
        broken.has(family) ||
        ledger.excuse('overtaken', isOvertaken) ||
        ledger.excuse('overAnyway', family.endings.size > 0) ||
        ledger.excuse('answerLost', wasLost && isAnswerLost(spentBy)) ||
        ledger.excuse('answerLate', wasLost);
      if (isInWindow && !broken.has(family)) ledger.count('reusesInWindow');
      broken.add(family);
      ledger.check(
        'I2',
        isInWindow,
        () => `${flight.by.name} reuses ${text}, which ${spentBy.by.name} had exchanged`,
      );
    },
    lockLost(by) {
      for (const flight of flights) {
        if (flight.by === by && !flight.brought?.isStored) flight.hasLostLock = true;
      }
    },
  };
}
