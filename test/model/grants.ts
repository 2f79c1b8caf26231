import type { Context } from './context.ts';
import type { Flight } from './flight.ts';

export type User = 'A' | 'B';

/** What one sign-in began: all refresh tokens that came of it. */
export interface Family {
  readonly number: number;
  readonly user: User;
  /** The context in which the person signed in. */
  readonly home: Context;
  readonly refreshTokens: RefreshToken[];
  /** Whether the server still honours it. */
  isAlive: boolean;
  /** How often the stored session had changed hands when the store last had this one. */
  epoch?: number;
  /** Why it may have ended, other than by a verdict upon its current refresh token, or by another sign-in. */
  readonly endings: Set<Ending>;
}

export type Ending = 'mismatch' | 'garbled' | SignOut;

export interface SignOut {
  readonly by: Context;
  /** The store still had the record, and the context was told so. */
  isRejected: boolean;
}

export interface RefreshToken {
  readonly text: string;
  readonly family: Family;
  readonly index: number;
  /** The request in which the server took it and gave another one. */
  spentBy?: Flight;
  /** Whether the store has ever had it. */
  isStored: boolean;
  /** Whether the server has refused it, and the sender knows. */
  isRefused: boolean;
}

export interface AccessToken {
  readonly text: string;
  readonly family: Family;
  /** By the server's clock: in milliseconds since the start. */
  readonly expiresAt: number;
  readonly resource: string | undefined;
}

/** All tokens that were ever issued in a run, by their text. They know each other; engines don't. */
export interface Grants {
  readonly families: Family[];
  open(user: User, home: Context): Family;
  refreshToken(family: Family): RefreshToken;
  accessToken(family: Family, expiresAt: number, resource?: string): AccessToken;
  findRefresh(text: string): RefreshToken | undefined;
  findAccess(text: string): AccessToken | undefined;
  /** The newest refresh token of each family whose tokens a text holds. */
  newestIn(text: string): RefreshToken[];
}

/** How every token begins, so that a leak is seen. */
export const TOKEN_MARK = 'rlt_';

export function createGrants(): Grants {
  const families: Family[] = [];
  const refreshTokens = new Map<string, RefreshToken>();
  const accessTokens = new Map<string, AccessToken>();

  return {
    families,
    open(user, home) {
      const number = families.length;
      const family: Family = {
        number,
        user,
        home,
        refreshTokens: [],
        isAlive: true,
        endings: new Set(),
      };
      families.push(family);
      return family;
    },
    refreshToken(family) {
      const index = family.refreshTokens.length;
      const text = `${TOKEN_MARK}r${family.number}-${index}.`;
      const token: RefreshToken = { text, family, index, isStored: false, isRefused: false };
      family.refreshTokens.push(token);
      refreshTokens.set(text, token);
      return token;
    },
    accessToken(family, expiresAt, resource) {
      const text = `${TOKEN_MARK}a${family.number}-${accessTokens.size}.`;
      const token: AccessToken = { text, family, expiresAt, resource };
      accessTokens.set(text, token);
      return token;
    },
    findRefresh: (text) => refreshTokens.get(text),
    findAccess: (text) => accessTokens.get(text),
    newestIn(text) {
      const newest = new Map<Family, RefreshToken>();
      for (const [found] of text.matchAll(/rlt_r\d+-\d+\./g)) {
        const token = refreshTokens.get(found) as RefreshToken;
        const other = newest.get(token.family);
        if (!other || other.index < token.index) newest.set(token.family, token);
      }
      return [...newest.values()];
    },
  };
}

export function currentOf(family: Family): RefreshToken {
  return family.refreshTokens.at(-1) as RefreshToken;
}
