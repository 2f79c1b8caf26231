import type { AnyRelierError } from '../../../src/index.ts';
import type { Endpoint, HostileProvider } from '../../support/hostile-provider/index.ts';
import type { ProviderName } from './providers.ts';

/** What an act works with. */
export interface World {
  readonly op: HostileProvider;
  /** Turns the row's switch on; what happens before it goes well and leaves no trace. */
  readonly inject: () => void;
}

/** Something a client does from start to end. */
export interface Act<Result> {
  readonly name: string;
  readonly provider: ProviderName;
  readonly run: (world: World) => Promise<Result>;
}

/** One row of the catalogue in one situation: what the client does, and what has to come of it. */
export interface Case {
  readonly row: string;
  /** `ROW`, `ROW/variant`, `ROW=value` or `ROW/variant=value`. */
  readonly fault: string;
  readonly act: string;
  readonly provider: ProviderName;
  /** The members of the error, or nothing where the flow has to finish. */
  readonly error: ErrorMembers | undefined;
  /** Every request that the provider sees from the switch on, in order. */
  readonly requests: readonly Endpoint[];
  /** Requests to the origin that honest clients never call, where the case is about two origins. */
  readonly elsewhere: readonly Endpoint[];
  /** The rules that the request is meant to break. */
  readonly violations: readonly string[];
  readonly run: (world: World) => Promise<unknown>;
  readonly holds: ((result: unknown, op: HostileProvider) => void | Promise<void>) | undefined;
}

export interface ErrorMembers {
  readonly code: string;
  readonly [member: string]: unknown;
}

export type Table = readonly Case[];

/** What is unusual for a case. */
interface Details {
  readonly elsewhere?: readonly Endpoint[];
  readonly violations?: readonly string[];
}

/** The act has to fail with that error, after those requests. */
export function refuses(
  fault: string,
  act: Act<unknown>,
  error: ErrorMembers,
  requests: readonly Endpoint[],
  details: Details = {},
): Case {
  return {
    ...common(fault, act, requests, details),
    error,
    holds: undefined,
  };
}

/** The act has to finish, with those requests and a result for which `holds` does. */
export function accepts<Result>(
  fault: string,
  act: Act<Result>,
  requests: readonly Endpoint[],
  holds?: (result: Result, op: HostileProvider) => void | Promise<void>,
  details: Details = {},
): Case {
  return {
    ...common(fault, act, requests, details),
    error: undefined,
    holds: holds as Case['holds'],
  };
}

function common(
  fault: string,
  { name, provider, run }: Act<unknown>,
  requests: readonly Endpoint[],
  { elsewhere = [], violations = [] }: Details,
) {
  const row = fault.replace(/[/=].*/, '');
  return { row, fault, act: name, provider, requests, elsewhere, violations, run };
}

/** A failed check of what the server sent. */
export function invalid(check: string): ErrorMembers {
  return { name: 'ValidationError', code: `invalid_${check.split('.')[0]}`, check };
}

/** An error in OAuth's terms. */
export function oauth(error: string, more: object = {}): ErrorMembers {
  return { name: 'OAuthResponseError', code: 'oauth_error', error, ...more };
}

/** No usable answer. */
export function transport(code: string, more: object = {}): ErrorMembers {
  return { name: 'TransportError', code, ...more };
}

/** A mistake of the caller, or a server that does not offer what is asked of it. */
export function configuration(code: string, option: string): ErrorMembers {
  return { name: 'ConfigurationError', code, option };
}

export function unsupported(member: string): ErrorMembers {
  return configuration('unsupported_by_server', member);
}

/** An error in a few words: its code, and what says most beside it. */
export function inWords(error: AnyRelierError | ErrorMembers): string {
  const { code, check, error: told, option, status } = error as unknown as Record<string, unknown>;
  const isAboutStatus = code === 'http_status' || code === 'redirect_refused';
  return [code, check ?? told ?? option ?? (isAboutStatus && status)].filter(Boolean).join(' ');
}
