import fc from 'fast-check';
import type { LockFate } from './context.ts';
import type { User } from './grants.ts';
import { type NetworkFault, networkFaults } from './network.ts';
import { type StoreFault, storeFaults } from './register.ts';
import type { Settings } from './settings.ts';

export const readWishes = ['plain', 'force', 'rejected', 'minValidity', 'a', 'b'] as const;

/** For what, or how, an access token is asked for. */
export type ReadWish = (typeof readWishes)[number];

/**
 * Something that happens in a run: plain data, so that a run can be shrunk, printed and written by
 * hand. `in` counts the contexts that are there to be chosen from.
 */
export type Command =
  | { readonly do: 'read'; readonly in: number; readonly wish: ReadWish }
  | { readonly do: 'burst'; readonly in: number }
  | { readonly do: 'wait'; readonly ms: number }
  /** So long that every access token expires. */
  | { readonly do: 'expire' }
  | { readonly do: 'signIn'; readonly in: number; readonly as: User }
  | { readonly do: 'signOut'; readonly in: number }
  | { readonly do: 'open'; readonly machine: number }
  /** After so many more comings and goings between the context and the outside. */
  | {
      readonly do: 'crash' | 'restart';
      readonly in: number;
      readonly after: number;
      readonly lock: LockFate;
    }
  | {
      readonly do: 'freeze';
      readonly in: number;
      readonly after: number;
      readonly clock: 'goes on' | 'stands still';
    }
  | { readonly do: 'thaw' | 'suspend' | 'wake' | 'close'; readonly in: number }
  | { readonly do: 'network'; readonly fault: NetworkFault }
  | { readonly do: 'keys'; readonly are: 'up' | 'down' }
  | { readonly do: 'spoil'; readonly what: 'sub' | 'signature' }
  | { readonly do: 'expel' | 'garble' }
  | { readonly do: 'store'; readonly fault: StoreFault }
  | { readonly do: 'clock'; readonly of: number; readonly jumps: number }
  | { readonly do: 'sleep'; readonly of: number; readonly ms: number };

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const context = fc.nat(3);
const machine = fc.nat(1);
const steps = fc.nat(14);
const one = <const T>(value: T) => fc.constant(value);

const span = fc.oneof(
  { weight: 4, arbitrary: fc.nat(20) },
  { weight: 3, arbitrary: fc.integer({ min: 20, max: 3 * SECOND }) },
  { weight: 3, arbitrary: fc.integer({ min: 3 * SECOND, max: MINUTE }) },
  { weight: 1, arbitrary: fc.integer({ min: MINUTE, max: 20 * MINUTE }) },
  { weight: 1, arbitrary: fc.constantFrom(HOUR, 8 * HOUR) },
);

const jump = fc.constantFrom(
  ...[10 * SECOND, MINUTE, 10 * MINUTE, HOUR, 48 * HOUR].flatMap((ms) => [ms, -ms]),
);

/** The member of the union whose `do` may be that. */
type Matching<C, T> = C extends { readonly do: infer D } ? (T extends D ? C : never) : never;
type Members<T extends Command['do']> = Omit<Matching<Command, T>, 'do'>;

function command<T extends Command['do']>(
  name: T,
  members: { [M in keyof Members<T>]: fc.Arbitrary<Members<T>[M]> },
): fc.Arbitrary<Command> {
  return fc.record({ do: fc.constant(name), ...members }) as unknown as fc.Arbitrary<Command>;
}

const lock = fc.constantFrom<LockFate>('released', 'leased');

export const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 26, arbitrary: command('wait', { ms: span }) },
  { weight: 22, arbitrary: command('read', { in: context, wish: fc.constantFrom(...readWishes) }) },
  { weight: 9, arbitrary: command('expire', {}) },
  { weight: 5, arbitrary: command('burst', { in: context }) },
  { weight: 4, arbitrary: command('signIn', { in: context, as: fc.constantFrom<User>('A', 'B') }) },
  { weight: 2, arbitrary: command('signOut', { in: context }) },
  { weight: 3, arbitrary: command('open', { machine }) },
  { weight: 3, arbitrary: command('crash', { in: context, after: steps, lock }) },
  { weight: 4, arbitrary: command('restart', { in: context, after: steps, lock }) },
  {
    weight: 4,
    arbitrary: command('freeze', {
      in: context,
      after: steps,
      clock: fc.constantFrom('goes on' as const, 'stands still' as const),
    }),
  },
  { weight: 4, arbitrary: command('thaw', { in: context }) },
  { weight: 1, arbitrary: command('suspend', { in: context }) },
  { weight: 2, arbitrary: command('wake', { in: context }) },
  { weight: 1, arbitrary: command('close', { in: context }) },
  { weight: 3, arbitrary: command('network', { fault: fc.constantFrom(...networkFaults) }) },
  { weight: 4, arbitrary: command('network', { fault: one('none' as const) }) },
  { weight: 2, arbitrary: command('keys', { are: one('down' as const) }) },
  { weight: 2, arbitrary: command('keys', { are: one('up' as const) }) },
  {
    weight: 1,
    arbitrary: command('spoil', { what: fc.constantFrom('sub' as const, 'signature' as const) }),
  },
  { weight: 1, arbitrary: command('expel', {}) },
  { weight: 1, arbitrary: command('garble', {}) },
  { weight: 2, arbitrary: command('store', { fault: fc.constantFrom(...storeFaults) }) },
  { weight: 3, arbitrary: command('store', { fault: one('none' as const) }) },
  { weight: 2, arbitrary: command('clock', { of: machine, jumps: jump }) },
  { weight: 1, arbitrary: command('sleep', { of: machine, ms: span }) },
);

/** Everything that one run is made of. */
export interface Case {
  readonly seed: number;
  readonly settings: Settings;
  readonly commands: readonly Command[];
}

export const anySettings: fc.Arbitrary<Settings> = fc.record({
  contexts: fc.integer({ min: 2, max: 3 }),
  machines: fc.constantFrom(1, 2),
  accessSeconds: fc.constantFrom(300, 60, 3600),
  idTokenSeconds: fc.constantFrom(3600, 300),
  rotation: fc.constantFrom('always' as const, 'mostly' as const),
  verdict: fc.constantFrom('invalid_grant' as const, 'session_gone' as const),
  signals: fc.constantFrom('notifier' as const, 'watch' as const, 'both' as const, 'none' as const),
  latencyMs: fc.constantFrom(3, 150),
  areGrantsChecked: fc.boolean(),
});

export const anyCase: fc.Arbitrary<Case> = fc.record({
  seed: fc.nat(),
  settings: anySettings,
  commands: fc.array(anyCommand, { maxLength: 40, size: 'max' }),
});
