import { aftermath } from './aftermath.ts';
import type { Case } from './commands.ts';
import type { Statistics } from './ledger.ts';
import { perform } from './perform.ts';
import { type CreateEngine, createWorld } from './world.ts';

/**
 * One run: a session is signed in, the commands happen, all faults stop.
 *
 * @param tell Hears the story, line by line.
 * @returns What was counted; throws the first `Violation`.
 */
export async function run(
  createEngine: CreateEngine,
  { commands, seed, settings }: Case,
  tell?: (line: string) => void,
): Promise<Statistics> {
  const world = createWorld({ createEngine, seed, settings, tell });
  world.ledger.count('runs');
  const first = world.open(0);
  first.signIn('A');
  while (first.pending.size > 0) await world.simulator.advance(20);
  for (let number = 1; number < settings.contexts; number++) world.open(number).restore();
  await world.simulator.settle();
  for (const command of commands) await perform(world, settings, command);
  await aftermath(world, settings);
  return world.ledger.statistics;
}
