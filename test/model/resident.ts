import type { Engine, SessionTokenOptions } from '../../src/session/engine.ts';
import type { SessionEvent } from '../../src/session/session-view.ts';
import type { ReadWish } from './commands.ts';
import type { Context } from './context.ts';
import type { AccessToken, Family, User } from './grants.ts';
import type { ModelLifecycle } from './lifecycle.ts';
import type { World } from './world.ts';

/** An engine that lives in a context, and whoever uses it there. */
export interface Resident {
  readonly context: Context;
  readonly engine: Engine;
  readonly lifecycle: ModelLifecycle;
  /** What waits for an answer. */
  readonly pending: ReadonlySet<string>;
  /** Calls `done` with the token, or with nothing. */
  read(wish: ReadWish, done?: (token: AccessToken | undefined) => void): void;
  signIn(user: User): void;
  signOut(): void;
  restore(): void;
  close(): void;
  isClosed(): boolean;
  /** Looks at the snapshot. */
  observe(): void;
}

export function createResident(
  world: World,
  { context, engine, lifecycle }: Pick<Resident, 'context' | 'engine' | 'lifecycle'>,
): Resident {
  const { answers, grants, ledger, machines, pace, reads, records, server, simulator } = world;
  const { name } = context;
  const look = answers.snapshots(name);
  const pending = new Set<string>();
  let calls = 0;
  let isClosed = false;
  let lastToken: string | undefined;

  const ended = (family: Family | undefined, event: SessionEvent) => {
    const stored = records.stored();
    const isOver = !family || stored?.family !== family || records.mayEnd(stored);
    const what = JSON.stringify(event);
    ledger.check('I3', isOver, () => `${name} tells ${what}, and nobody ended the session`);
  };

  const areClocksHonest = () => machines.every((machine) => !machine.wasSet());

  const familyShown = () =>
    grants.families.find(({ number }) => engine.current().claims?.['sid'] === `s${number}`);
  let shown: Family | undefined;

  engine.subscribe((event) => {
    if (context.isCrashed()) return;
    ledger.note(() => `${name} tells ${JSON.stringify(event)}`);
    if ('error' in event && event.error) answers.failed(event.error, `${name} (${event.type})`);
    if (event.type === 'signedOut' || event.type === 'needsInteraction') ended(shown, event);
    shown = familyShown();
    // Two changes may come at once.
    look(engine.current());
  });

  const call = <T>(
    what: string,
    start: () => Promise<T>,
    fulfilled: (result: T) => void,
    settled = (_isFulfilled: boolean) => {},
  ) => {
    const label = `${++calls}: ${what} since ${simulator.now().toFixed(1)}`;
    pending.add(label);
    ledger.note(() => `${name} ${what}`);
    start().then(
      (result) => {
        pending.delete(label);
        if (context.isCrashed()) return;
        ledger.note(() => `${name} ${what}: done`);
        fulfilled(result);
        settled(true);
      },
      (error) => {
        pending.delete(label);
        if (context.isCrashed()) return;
        ledger.note(() => `${name} ${what}: ${error?.code}`);
        answers.failed(error, `${name} (${what})`);
        settled(false);
      },
    );
  };

  const optionsFor = (wish: ReadWish): SessionTokenOptions | undefined => {
    if (wish === 'force') return { force: true };
    if (wish === 'rejected') return { rejected: lastToken };
    if (wish === 'minValidity') return { minValiditySeconds: 120 };
    if (wish === 'plain') return undefined;
    return { resource: `https://${wish}.example` };
  };

  const assess = (text: string, options: SessionTokenOptions = {}): AccessToken | undefined => {
    const token = grants.findAccess(text);
    ledger.check('I6', !!token, () => `${name} gets something that is no token`);
    if (!token) return undefined;
    const { rejected, resource } = options;
    ledger.check(
      'I6',
      token.resource === resource,
      () => `${name} gets a token for something else`,
    );
    ledger.check('I6', text !== rejected, () => `${name} gets the token that was rejected`);
    const isAlive = token.expiresAt > simulator.now();
    ledger.check(
      'I6',
      isAlive || ledger.excuse('clockWasSet', !areClocksHonest()),
      () => `${name} gets ${text}, which has expired`,
    );
    return token;
  };

  return {
    context,
    engine,
    lifecycle,
    pending,
    read(wish, done) {
      ledger.count('reads');
      const options = optionsFor(wish);
      const given = reads.reading(context);
      let token: AccessToken | undefined;
      call(
        `reads (${wish})`,
        () => engine.getAccessToken(options),
        (text) => {
          ledger.count('tokens');
          token = assess(text, options);
          if (token) given(token);
          lastToken = text;
        },
        () => done?.(token),
      );
    },
    signIn(user) {
      const { family, tokens } = server.signIn(user, context, context.clock.now());
      const end = records.establishing(family);
      const ended = reads.signingIn(context, family);
      pace.stirred('sign-in', 20);
      call(
        `signs ${user} in as family ${family.number}`,
        () => engine.establish(tokens),
        () => {},
        (isCompleted) => {
          ended(isCompleted);
          end(isCompleted);
        },
      );
    },
    signOut() {
      const ended = reads.signingOut(context, familyShown());
      const end = records.signingOut(context);
      call(
        'signs out',
        () => engine.signOut(),
        () => {},
        (isFulfilled) => {
          ended(isFulfilled);
          end(isFulfilled);
        },
      );
    },
    restore() {
      call(
        'restores',
        () => engine.restore(),
        () => {},
      );
    },
    close() {
      ledger.note(() => `${name} is closed`);
      ledger.count('closes');
      isClosed = true;
      context.close();
      engine.close();
    },
    isClosed: () => isClosed,
    observe() {
      if (context.isRunning()) look(engine.current());
    },
  };
}
