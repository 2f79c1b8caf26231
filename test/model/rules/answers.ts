import { isRelierError } from '../../../src/errors.ts';
import type { SessionSnapshot } from '../../../src/session/session-view.ts';
import { TOKEN_MARK } from '../grants.ts';
import type { Ledger } from '../ledger.ts';

/** I7: what an engine says of itself. */
export interface AnswerRules {
  /** Something was thrown, or told in an event. */
  failed(error: unknown, where: string): void;
  /** The snapshot after something has happened; one per engine. */
  snapshots(name: string): (snapshot: SessionSnapshot) => void;
}

export function answerRules(ledger: Ledger): AnswerRules {
  return {
    failed(error, where) {
      ledger.check('I7', isRelierError(error), () => `${where} throws ${error}`);
      const { message, stack } = Object(error);
      const shown = `${message} ${stack} ${JSON.stringify(error)}`;
      ledger.check('I7', !shown.includes(TOKEN_MARK), () => `${where} tells a token: ${shown}`);
    },
    snapshots(name) {
      let last: SessionSnapshot | undefined;
      return (snapshot) => {
        if (snapshot === last) return;
        const text = JSON.stringify(snapshot);
        ledger.check(
          'I7',
          text !== JSON.stringify(last),
          () => `${name} has a new snapshot that says the same: ${text}`,
        );
        const { claims, scope, status } = snapshot;
        const isWhole = status !== 'signedIn' || scope.endsWith(` ${claims?.sub}`);
        ledger.check('I4', isWhole, () => `${name} mixes two people: ${text}`);
        ledger.check('I7', !text.includes(TOKEN_MARK), () => `${name} shows a token: ${text}`);
        last = snapshot;
      };
    },
  };
}
