import type { Grant, Params } from './types.ts';

export interface CodeRecord {
  grant: Grant;
  used: boolean;
  pkce: boolean;
}

export interface AccessTokenRecord {
  grant: Grant;
  scope: string;
  issuedAt: number;
  expiresAt?: number;
  jkt?: string;
  revoked: boolean;
  generation: number;
}

export interface RefreshTokenRecord {
  grant: Grant;
  scope: string;
  jkt?: string;
  used: boolean;
}

export interface PushedRecord {
  clientId: string;
  params: Params;
  expiresAt: number;
  used: boolean;
  jkt?: string;
}

export interface DecoupledRecord {
  grant: Grant;
  used: boolean;
}

export interface Store {
  readonly codes: Map<string, CodeRecord>;
  readonly accessTokens: Map<string, AccessTokenRecord>;
  readonly refreshTokens: Map<string, RefreshTokenRecord>;
  readonly pushed: Map<string, PushedRecord>;
  readonly decoupled: Map<string, DecoupledRecord>;
  readonly idTokens: Map<string, Grant>;
  readonly nonces: { as: string; rs: string };
  /** The nonces last announced with a success, by origin, and by origin and role. */
  readonly announced: Map<string, string>;
  readonly endedSessions: Set<string>;
}

export function createStore(): Store {
  return {
    codes: new Map(),
    accessTokens: new Map(),
    refreshTokens: new Map(),
    pushed: new Map(),
    decoupled: new Map(),
    idTokens: new Map(),
    nonces: { as: '', rs: '' },
    announced: new Map(),
    endedSessions: new Set(),
  };
}

/** Values that no request may repeat, whichever provider of this process saw them first. */
export const seenInProcess = {
  challenges: new Map<string, string>(),
  assertionIds: new Set<string>(),
  proofIds: new Set<string>(),
};
