import type { Engine, EngineOptions } from '../../src/session/engine.ts';
import { createContext } from './context.ts';
import { createGrants, type Grants } from './grants.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { createLifecycle } from './lifecycle.ts';
import { createLocks } from './locks.ts';
import { createMachine, type Machine } from './machine.ts';
import { createNetwork, type Network } from './network.ts';
import { randomFrom } from './random.ts';
import { createRegister, type Register } from './register.ts';
import { createResident, type Resident } from './resident.ts';
import { type AnswerRules, answerRules } from './rules/answers.ts';
import { type FlightRules, flightRules } from './rules/flights.ts';
import { type PaceRules, paceRules } from './rules/pace.ts';
import { type ReadRules, readRules } from './rules/reads.ts';
import { type RecordRules, recordRules } from './rules/record.ts';
import { createServer, type Server } from './server.ts';
import type { Settings } from './settings.ts';
import { createSignals } from './signals.ts';
import { createSimulator, type Simulator } from './simulator.ts';
import { CLOCK_TOLERANCE_SECONDS, createTokenSource, isVerdict } from './token-source.ts';

export type CreateEngine = (options: EngineOptions) => Engine;

/** One server, one store, some machines, and the contexts that live on them. */
export interface World {
  readonly simulator: Simulator;
  readonly ledger: Ledger;
  readonly machines: readonly Machine[];
  readonly network: Network;
  readonly server: Server;
  readonly grants: Grants;
  readonly register: Register;
  readonly flights: FlightRules;
  readonly records: RecordRules;
  readonly reads: ReadRules;
  readonly pace: PaceRules;
  readonly answers: AnswerRules;
  /** All that ever were. */
  readonly residents: readonly Resident[];
  /** A new tab or process, which has read nothing yet. */
  open(machine: number): Resident;
}

export interface WorldOptions {
  readonly createEngine: CreateEngine;
  readonly seed: number;
  readonly settings: Settings;
  readonly tell?: ((line: string) => void) | undefined;
}

export function createWorld({ createEngine, seed, settings, tell }: WorldOptions): World {
  const simulator = createSimulator(() => {
    for (const resident of residents) resident.observe();
    ledger.verify();
  });
  const { now } = simulator;
  const ledger = createLedger(
    tell && ((line) => tell(`${now().toFixed(1).padStart(12)}  ${line}`)),
  );
  const residents: Resident[] = [];
  const machines = Array.from({ length: settings.machines }, (_, index) =>
    createMachine(index, simulator),
  );
  const truth = createMachine(-1, simulator);
  const grants = createGrants();
  const flights = flightRules(ledger, now);
  const records = recordRules(ledger, grants);
  const reads = readRules(ledger, records);
  const pace = paceRules(ledger, now, () => residents.length);
  const answers = answerRules(ledger);
  const server = createServer({
    grants,
    settings,
    random: randomFrom(seed, 1_000),
    ledger,
    now,
    wall: truth.wall,
    onReuse: flights.reused,
  });
  const network = createNetwork();
  const locks = createLocks({
    simulator,
    ledger,
    isChecked: settings.areGrantsChecked,
    onTakeover: flights.lockLost,
  });
  const isTold = (how: 'notifier' | 'watch') => [how, 'both'].includes(settings.signals);
  const signals = createSignals(reads);
  const register = createRegister({
    simulator,
    ledger,
    random: randomFrom(seed, 1_001),
    locks,
    flights,
    records,
    reads,
    pace,
    signals: isTold('watch') ? createSignals(reads) : undefined,
  });

  const world: World = {
    simulator,
    ledger,
    machines,
    network,
    server,
    grants,
    register,
    flights,
    records,
    reads,
    pace,
    answers,
    residents,
    open(number) {
      const index = residents.length;
      const machine = machines[number % machines.length] as Machine;
      const context = createContext({
        name: `context ${index}`,
        machine,
        simulator,
        ledger,
        random: randomFrom(seed, index),
        latencyMs: settings.latencyMs,
      });
      context.onStop((fate) => {
        pace.stirred('a context stops');
        locks.stopped(context, fate);
      });
      const lifecycle = createLifecycle();
      const engine = createEngine({
        key: 'session',
        store: register.storeFor(context),
        source: createTokenSource(context, world),
        clock: context.clock,
        clockToleranceSeconds: CLOCK_TOLERANCE_SECONDS,
        random: randomFrom(seed, 2_000 + index),
        lifecycle,
        ...(settings.verdict === 'session_gone' && { isSessionEnded: isVerdict }),
        ...(isTold('notifier') && {
          notifier: {
            notify: () => signals.send(context, records.epoch(), false),
            listen: (listener) => signals.listen(context, listener),
          },
        }),
      });
      const resident = createResident(world, { context, engine, lifecycle });
      residents.push(resident);
      ledger.count('contexts');
      pace.stirred('a context opens');
      return resident;
    },
  };
  return world;
}
