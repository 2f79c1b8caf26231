import { dpopFaults } from './faults/dpop.ts';
import { endpointFaults } from './faults/endpoints.ts';
import { frontChannelFaults } from './faults/front-channel.ts';
import { idTokenFaults } from './faults/id-token.ts';
import { idTokenDetailFaults } from './faults/id-token-details.ts';
import { jarmFaults } from './faults/jarm.ts';
import { logoutFaults } from './faults/logout.ts';
import { metadataFaults } from './faults/metadata.ts';
import { pushedFaults } from './faults/pushed.ts';
import { requestObjectFaults } from './faults/request-objects.ts';
import { signatureFaults } from './faults/signature.ts';
import { tokenFaults } from './faults/token.ts';
import { userinfoFaults } from './faults/userinfo.ts';
import type {
  Answer,
  ClientRegistration,
  Endpoint,
  Exchange,
  Grant,
  Json,
  JwtDraft,
  Op,
  Params,
} from './types.ts';

/** What a fault may change about the provider's decisions, rather than about one message. */
export interface Policy {
  ignorePkce: boolean;
  asNonce: 'demand' | 'always' | 'headerless';
  rsNonce: 'demand' | 'always' | 'headerless';
  nonceOnSuccess: boolean;
  challengeScheme: string;
  challenge: 'list' | 'several-headers';
  clockSkew: number;
  keepRefreshToken: boolean;
  requirePushed: boolean;
  requestUriLifetime: number;
  userinfoToken: 'header' | 'body';
  requestObjects: 'allowed' | 'required';
  unsignedRequestObjects: boolean;
  authenticationMethod: string;
  endpointSuffix: string;
  jwksSuffix: string;
  orderMatters: boolean;
  refreshesBeforeResource: number;
  requireIssParameter: boolean;
}

export interface HookContext {
  op: Op;
  value: string | undefined;
  client?: ClientRegistration;
  stage?: 'authorization' | 'token' | 'refresh';
  grant?: Grant;
  exchange?: Exchange;
  /** State of its own that a switch keeps for as long as it is on. */
  memory: Map<string, unknown>;
}

type Hook<Subject> = (subject: Subject, context: HookContext) => void | Promise<void>;

export interface AuthorizationDraft {
  params: Params;
  mode: string;
}

export interface Fault {
  policy?: Partial<Policy>;
  metadata?: Hook<Json>;
  metadataText?: Hook<{ text: string }>;
  jwks?: Hook<{ keys: Json[] }>;
  authorization?: Hook<AuthorizationDraft>;
  /** Fails the authorization instead of approving it. */
  denial?: Hook<Json>;
  jarm?: Hook<JwtDraft>;
  idToken?: Hook<JwtDraft>;
  tokenResponse?: Hook<Json>;
  userinfo?: Hook<Json>;
  userinfoToken?: Hook<JwtDraft>;
  introspection?: Hook<Json>;
  introspectionToken?: Hook<JwtDraft>;
  logoutToken?: Hook<JwtDraft>;
  before?: { [E in Endpoint]?: Hook<Exchange> };
  answer?: { [E in Endpoint]?: Hook<Answer> };
}

/** Faults by row, then by variant; a row without variants has the one called `default`. */
export type FaultTable = Record<string, Record<string, Fault>>;

export const faultTable: FaultTable = {
  ...idTokenFaults,
  ...frontChannelFaults,
  ...signatureFaults,
  ...idTokenDetailFaults,
  ...userinfoFaults,
  ...metadataFaults,
  ...requestObjectFaults,
  ...endpointFaults,
  ...tokenFaults,
  ...jarmFaults,
  ...dpopFaults,
  ...pushedFaults,
  ...logoutFaults,
};

interface ActiveFault {
  fault: Fault;
  context: { value: string | undefined; memory: Map<string, unknown> };
}

export interface ActiveFaults {
  readonly active: Map<string, ActiveFault>;
  enable(id: string, variant?: string, value?: string): void;
  disable(id?: string): void;
  policy<K extends keyof Policy>(name: K): Policy[K] | undefined;
}

type SubjectHook = Exclude<keyof Fault, 'policy' | 'before' | 'answer'>;
type Subject<K extends SubjectHook> = Parameters<NonNullable<Fault[K]>>[0];
type Extra = Partial<Omit<HookContext, 'op' | 'value' | 'memory'>>;

export function variantsOf(id: string): string[] {
  return Object.keys(faultTable[id] ?? {}).filter((variant) => variant !== 'default');
}

export function findFault(id: string, variant?: string): Fault {
  const variants = faultTable[id];
  if (!variants) throw new Error(`row ${id} has no switch`);
  const fault = variants[variant ?? 'default'];
  if (!fault) {
    throw new Error(`row ${id} has no variant ${variant}, but ${Object.keys(variants).join(', ')}`);
  }
  return fault;
}

export function createActiveFaults(): ActiveFaults {
  const active = new Map<string, ActiveFault>();
  return {
    active,
    enable(id, variant, value) {
      active.set(id, { fault: findFault(id, variant), context: { value, memory: new Map() } });
    },
    disable(id) {
      if (id === undefined) active.clear();
      else active.delete(id);
    },
    policy(name) {
      for (const { fault } of active.values()) {
        if (fault.policy?.[name] !== undefined) return fault.policy[name];
      }
      return undefined;
    },
  };
}

export async function applyHook<K extends SubjectHook>(
  op: Op,
  name: K,
  subject: Subject<K>,
  extra: Extra = {},
): Promise<void> {
  for (const { fault, context } of [...op.faults.active.values()]) {
    const hook = fault[name] as Hook<Subject<K>> | undefined;
    await hook?.(subject, { op, ...context, ...extra });
  }
}

export async function applyBefore(op: Op, exchange: Exchange): Promise<void> {
  for (const { fault, context } of [...op.faults.active.values()]) {
    await fault.before?.[exchange.endpoint]?.(exchange, { op, ...context, exchange });
  }
}

export async function applyAnswer(op: Op, answer: Answer, exchange: Exchange): Promise<void> {
  for (const { fault, context } of [...op.faults.active.values()]) {
    await fault.answer?.[exchange.endpoint]?.(answer, { op, ...context, exchange });
  }
}
