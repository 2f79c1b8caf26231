import type { Command } from './commands.ts';
import type { Machine } from './machine.ts';
import type { Resident } from './resident.ts';
import type { Settings } from './settings.ts';
import type { World } from './world.ts';

/** Lets one command happen. What makes no sense at the moment, such as a thaw in summer, does nothing. */
export async function perform(world: World, settings: Settings, command: Command): Promise<void> {
  const { ledger, simulator } = world;
  ledger.count('commands');
  ledger.note(() => `-- ${JSON.stringify(command)}`);
  if (command.do === 'wait') return simulator.advance(command.ms);
  if (command.do === 'expire') return simulator.advance(settings.accessSeconds * 1000 + 1);
  if ('in' in command) performIn(world, command);
  else performOutside(world, command);
  return simulator.settle();
}

type Inside = Extract<Command, { in: number }>;
type Outside = Exclude<Command, { in: number } | { do: 'wait' | 'expire' }>;

function performIn(world: World, command: Inside): void {
  const { residents } = world;
  const isFrozen = ({ context }: Resident) => !context.isCrashed() && !context.isRunning();
  const isRunning = ({ context, isClosed }: Resident) => context.isRunning() && !isClosed();
  const eligible = residents.filter(command.do === 'thaw' ? isFrozen : isRunning);
  const resident = eligible[command.in % eligible.length];
  if (!resident) return;
  const { context, lifecycle } = resident;

  switch (command.do) {
    case 'read':
      resident.read(command.wish);
      break;
    case 'burst':
      for (let count = 0; count < 10; count++) resident.read('plain');
      break;
    case 'signIn':
      resident.signIn(command.as);
      break;
    case 'signOut':
      resident.signOut();
      break;
    case 'crash':
      context.befall(command.after, () => context.crash(command.lock));
      break;
    case 'restart':
      context.befall(command.after, () => {
        context.crash(command.lock);
        world.open(world.machines.indexOf(context.machine)).restore();
      });
      break;
    case 'freeze':
      context.befall(command.after, () => context.freeze(command.clock === 'stands still'));
      break;
    case 'thaw':
      world.pace.stirred('thaw');
      context.thaw();
      break;
    case 'suspend':
      lifecycle.suspend();
      break;
    case 'close':
      resident.close();
      break;
    case 'wake':
      world.pace.stirred('wake');
      lifecycle.wake();
      break;
  }
}

function performOutside(world: World, command: Outside): void {
  const { machines, network, pace, records, register, server } = world;
  switch (command.do) {
    case 'open':
      world.open(command.machine).restore();
      break;
    case 'network':
      network.fault = command.fault;
      break;
    case 'keys':
      network.areKeysDown = command.are === 'down';
      break;
    case 'spoil':
      server.spoilNextAnswer(command.what);
      break;
    case 'expel': {
      const family = records.stored()?.family;
      if (family) server.expel(family);
      break;
    }
    case 'garble':
      register.garble();
      break;
    case 'store':
      register.fault = command.fault;
      break;
    case 'clock':
      pace.stirred('clock', 5);
      (machines[command.of % machines.length] as Machine).jump(command.jumps);
      break;
    case 'sleep':
      sleep(world, machines[command.of % machines.length] as Machine, command.ms);
      break;
  }
}

/** Everything on the machine stands still, and awakes together. */
function sleep({ pace, residents, simulator }: World, machine: Machine, ms: number): void {
  const sleepers = residents.filter(
    ({ context }) => context.machine === machine && context.isRunning(),
  );
  for (const { context } of sleepers) context.freeze(true);
  simulator.after(ms, () => {
    for (const { context, lifecycle } of sleepers) {
      pace.stirred('wake');
      context.thaw();
      context.deliver(lifecycle.wake);
    }
  });
}
