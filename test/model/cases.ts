import type { Case, Command, ReadWish } from './commands.ts';
import type { User } from './grants.ts';
import type { StoreFault } from './register.ts';
import { type Settings, usualSettings } from './settings.ts';

/** A run written by hand. */
export function aCase(
  commands: readonly (Command | readonly Command[])[],
  settings: Partial<Settings> = {},
  seed = 1,
): Case {
  return { seed, settings: { ...usualSettings, ...settings }, commands: commands.flat() };
}

export const read = (context: number, wish: ReadWish = 'plain'): Command => ({
  do: 'read',
  in: context,
  wish,
});

export const wait = (ms: number): Command => ({ do: 'wait', ms });

export const expire: Command = { do: 'expire' };

export const signIn = (context: number, user: User): Command => ({
  do: 'signIn',
  in: context,
  as: user,
});

export const signOut = (context: number): Command => ({ do: 'signOut', in: context });

export function times(count: number, ...commands: readonly Command[]): readonly Command[] {
  return Array.from({ length: count }, () => commands).flat();
}

export const burst = (context: number): Command => ({ do: 'burst', in: context });

export const store = (fault: StoreFault): Command => ({ do: 'store', fault });

export const freeze = (context: number, after: number): Command => ({
  do: 'freeze',
  in: context,
  after,
  clock: 'goes on',
});

export const thaw = (frozen: number): Command => ({ do: 'thaw', in: frozen });
