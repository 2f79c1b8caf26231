import { isAnswerLost } from './flight.ts';
import { type AccessToken, currentOf } from './grants.ts';
import { MINUTE } from './machine.ts';
import type { Resident } from './resident.ts';
import type { Settings } from './settings.ts';
import type { World } from './world.ts';

const ROUND_MS = 15_000;
/** In which a pause of a minute, one that a server asked for, and a lock's lease are over. */
const MOST_ROUNDS = 28;
const LIFETIMES = 3;
/** More than any call may take where nothing is wrong. */
const PATIENCE_MS = 60_000;

/** The end of every run: all faults stop, and what is left has to work. */
export async function aftermath(world: World, settings: Settings): Promise<void> {
  const { flights, grants, ledger, records, register, simulator } = world;
  const lifeMs = settings.accessSeconds * 1000;
  ledger.note(() => '-- all faults stop');
  await calmDown(world);
  // Where contexts are not told of each other they find out when their access token has expired.
  if (settings.signals === 'none') await simulator.advance(lifeMs + ROUND_MS);

  let last = await readUntilQuiet(world);
  const stored = records.stored();
  const isLiving = !!stored?.family.isAlive && currentOf(stored.family) === stored;
  if (!isLiving) {
    // Not everybody knows yet.
    await simulator.advance(lifeMs + ROUND_MS);
    last = await readUntilQuiet(world);
  }
  // What another version of the program has written is not ours to delete.
  const isGone = !register.value() || records.isUnreadable();
  for (const { context, engine } of working(world)) {
    const { name } = context;
    const token = last.get(name);
    const { status } = engine.current();
    if (isLiving) {
      const isGood = token?.family === stored.family;
      ledger.check('I6', isGood, () => `${name} has no token of a session that lives, ${status}`);
      ledger.check('I6', status === 'signedIn', () => `${name} says ${status}`);
    } else {
      const what = () =>
        `${name} says ${status}, gets ${token?.text}, ${register.value()} is stored`;
      ledger.check('I6', status === 'signedOut' && !token && isGone, what);
    }
  }
  if (isLiving) await liveOn(world, lifeMs);

  for (const flight of flights.flights) {
    const { brought, by, hasLostLock, isDelivered } = flight;
    if (brought && isAnswerLost(flight)) ledger.count('lostAnswers');
    if (!brought || !isDelivered || by.isCrashed() || hasLostLock) continue;
    const isSafe =
      brought.isStored ||
      records.isOver(brought) ||
      ledger.excuse('closedWithoutStore', by.isDone());
    ledger.check('I5', isSafe, () => `${by.name} has dropped ${brought.text}`);
  }
  await simulator.advance(PATIENCE_MS);
  for (const { context, pending } of survivors(world)) {
    const waiting = [...pending].join('; ');
    ledger.check('I6', waiting === '', () => `${context.name} still waits for ${waiting}`);
  }
  await close(world);
  ledger.count('virtualMs', simulator.now());
  ledger.note(() => `${grants.families.length} sign-ins`);
  ledger.verify();
}

function survivors({ residents }: World): Resident[] {
  return residents.filter(({ context }) => !context.isCrashed());
}

/** Those that still work. */
function working(world: World): Resident[] {
  return survivors(world).filter(({ isClosed }) => !isClosed());
}

async function calmDown(world: World): Promise<void> {
  const { machines, network, pace, register, server, simulator } = world;
  network.fault = 'none';
  network.areKeysDown = false;
  register.fault = 'none';
  server.spoilNextAnswer(undefined);
  for (const { context, lifecycle } of survivors(world)) {
    // A mishap that has not come yet never comes.
    context.befall(Infinity, () => {});
    context.thaw();
    pace.stirred('thaw', 10);
    context.deliver(lifecycle.wake);
  }
  // Not right after a sleep: no stopwatch could tell.
  await simulator.advance(MINUTE + 1);
  for (const machine of machines) machine.correct();
}

/** Reads everywhere until everybody has a token or nobody is signed in. */
async function readUntilQuiet(world: World): Promise<Map<string, AccessToken | undefined>> {
  const refused = new Set<string>();
  for (let round = 1; ; round++) {
    const answers = new Map<string, AccessToken | undefined>();
    for (const { context, read } of working(world)) {
      const { name } = context;
      // What was obtained while a clock was wrong may look alive to all clocks, but not to an API.
      read(refused.delete(name) ? 'rejected' : 'plain', (token) => {
        const isGood = token && token.expiresAt > world.simulator.now();
        if (token && !isGood) refused.add(name);
        answers.set(name, isGood ? token : undefined);
      });
    }
    await world.simulator.advance(ROUND_MS);
    const isQuiet = working(world).every(({ context, engine }) => {
      const { status } = engine.current();
      const family = answers.get(context.name)?.family;
      // Whoever asked before the last sign-in may have a token of the one before.
      if (family !== world.records.stored()?.family) return false;
      return status === (family ? 'signedIn' : 'signedOut');
    });
    if (isQuiet || round === MOST_ROUNDS) return answers;
  }
}

/** Everybody reads all the time, and the server is asked once in each access token's life. */
async function liveOn(world: World, lifeMs: number): Promise<void> {
  const { ledger, records, simulator } = world;
  const before = ledger.statistics.requests;
  for (let time = 0; time < LIFETIMES * lifeMs; time += lifeMs / 8) {
    for (const { context, read } of working(world)) {
      read('plain', (token) =>
        // An answer that was kept unchecked may turn out to be wrong only now.
        ledger.check(
          'I6',
          !!token || !records.stored(),
          () => `${context.name} gets no token, and all is well`,
        ),
      );
    }
    await simulator.advance(lifeMs / 8);
  }
  const requests = ledger.statistics.requests - before;
  const allowed = Math.ceil(LIFETIMES / 0.9) + 1;
  ledger.check('I6', requests <= allowed, () => `${requests} refreshes in ${LIFETIMES} lifetimes`);
}

/** After the end of every engine nothing goes on. */
async function close(world: World): Promise<void> {
  const { ledger, simulator } = world;
  const before = ledger.statistics.requests;
  for (const { engine } of working(world)) engine.close();
  await simulator.advance(600_000);
  const requests = ledger.statistics.requests - before;
  ledger.check('I7', requests === 0, () => `${requests} requests after the end`);
}
