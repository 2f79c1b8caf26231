import { StorageError } from '../../src/errors.ts';
import type { SessionStore, StoredValue } from '../../src/storage/session-store.ts';
import type { Context } from './context.ts';
import type { Ledger } from './ledger.ts';
import type { Locks } from './locks.ts';
import type { Random } from './random.ts';
import type { FlightRules } from './rules/flights.ts';
import type { PaceRules } from './rules/pace.ts';
import type { ReadRules } from './rules/reads.ts';
import type { RecordRules } from './rules/record.ts';
import type { Signals } from './signals.ts';
import type { Simulator } from './simulator.ts';

export const storeFaults = ['refuses writes', 'refuses reads', 'refuses all', 'slow'] as const;

/** One way of one operation. */
const SLOWEST_MS = 4_000;

export type StoreFault = 'none' | (typeof storeFaults)[number];

/** The one record that all contexts share, and the ways to it. */
export interface Register {
  fault: StoreFault;
  /** What is stored at this moment. */
  value(): string | undefined;
  /** Another version of the program writes what nobody can read. */
  garble(): void;
  /** The store as one context sees it. */
  storeFor(context: Context): SessionStore;
}

export interface RegisterOptions {
  readonly simulator: Simulator;
  readonly ledger: Ledger;
  readonly random: Random;
  readonly locks: Locks;
  readonly flights: FlightRules;
  readonly records: RecordRules;
  readonly reads: ReadRules;
  readonly pace: PaceRules;
  /** How changes are told, where the store tells them. */
  readonly signals: Signals | undefined;
}

/**
 * Every operation has two ways: it is applied at one moment, in the order of these moments, and
 * answered at a later one, so that a crash can come in between. One that is refused may have been
 * applied all the same.
 */
export function createRegister(options: RegisterOptions): Register {
  const { flights, ledger, locks, pace, random, reads, records, signals, simulator } = options;
  let stored: StoredValue | undefined;
  let revisions = 0;

  const isRefused = (kind: 'reads' | 'writes') =>
    register.fault === 'refuses all' || register.fault === `refuses ${kind}`;

  const put = (by: Context | undefined, value: string | undefined) => {
    stored = value === undefined ? undefined : { value, revision: `revision ${++revisions}` };
    records.changed(value, by);
    if (by) flights.wrote(by);
    signals?.send(by, records.epoch(), true);
  };

  const operation = <T>(
    context: Context,
    apply: () => T,
    onAnswer = () => reads.answered(context),
  ): Promise<T> => {
    const answer = context.operation<T>((settle) => {
      const survives = context.random() < 0.5;
      const way = () => {
        const usual = context.latency();
        return register.fault === 'slow' ? Math.min(100 * usual, SLOWEST_MS) : usual;
      };
      simulator.after(way(), () => {
        if (context.isCrashed() && !survives) return;
        try {
          const result = apply();
          context.later(way(), () => settle.resolve(result));
        } catch (error) {
          context.later(way(), () => settle.reject(error));
        }
      });
    });
    // Only now: it may have been frozen with the answer at its door.
    return answer.then((result) => {
      onAnswer();
      return result;
    });
  };

  /** Changes the record if it is the expected one, and now and then in spite of a refusal. */
  const change = (by: Context, expected: string | null, value: string | undefined): boolean => {
    const isRefusal = isRefused('writes');
    const isDone = (stored?.revision ?? null) === expected;
    if (isRefusal) pace.storeFails();
    if (isDone && (!isRefusal || random() < 0.15)) put(by, value);
    if (isRefusal) {
      ledger.count('degradedStores');
      ledger.note(() => `the store refuses ${by.name}`);
      by.refused();
      throw refusal();
    }
    return isDone;
  };

  const register: Register = {
    fault: 'none',
    value: () => stored?.value,
    garble() {
      records.garbled();
      put(undefined, '{"version":2}');
    },
    storeFor: (context) => ({
      read() {
        let epoch = 0;
        const look = reads.looking(context);
        return operation(
          context,
          () => {
            if (isRefused('reads')) {
              reads.isBlind(context);
              throw refusal();
            }
            epoch = records.epoch();
            return stored;
          },
          () => look(epoch),
        );
      },
      write: (_key, value, expected) =>
        operation(context, () => (change(context, expected, value) ? stored?.revision : undefined)),
      delete: (_key, expected) => operation(context, () => change(context, expected, undefined)),
      withLock: (_key, work, lockOptions) => locks.withLock(context, work, lockOptions),
      ...(signals && {
        watch: (_key: string, listener: () => void) => signals.listen(context, listener),
      }),
    }),
  };
  return register;
}

function refusal(): StorageError {
  return new StorageError('The store refused.', { code: 'storage_failed', retryable: true });
}
