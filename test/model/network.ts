import { OAuthResponseError, TimeoutError, TransportError } from '../../src/errors.ts';
import type { Context } from './context.ts';
import { between, oneOf } from './random.ts';

/** What may be wrong between a context and the server. */
export type NetworkFault =
  | 'none'
  | 'offline'
  | 'lossy'
  | 'slow'
  | 'overloaded'
  | 'broken'
  | 'unauthorized';

export const networkFaults = [
  'offline',
  'lossy',
  'slow',
  'overloaded',
  'broken',
  'unauthorized',
] as const satisfies readonly NetworkFault[];

/** What becomes of one request. */
export interface Journey {
  /** The way there, in milliseconds. */
  readonly thereMs: number;
  readonly backMs: number;
  /** It never arrives, the answer never arrives, or the server does nothing but refuse. */
  readonly fate: 'arrives' | 'lost on the way there' | 'lost on the way back' | 'refused';
  readonly error: Error;
}

/** The network, and the mood of the server behind it. */
export interface Network {
  fault: NetworkFault;
  /** Whether the keys that ID tokens are checked with can be had. */
  areKeysDown: boolean;
  journey(by: Context): Journey;
}

export function createNetwork(): Network {
  const network: Network = {
    fault: 'none',
    areKeysDown: false,
    journey(by) {
      const { random } = by;
      const usual = { thereMs: by.latency(), backMs: by.latency(), error: noAnswer() };
      switch (network.fault) {
        case 'none':
          return { ...usual, fate: 'arrives' };
        case 'offline':
          return { ...usual, fate: 'lost on the way there' };
        case 'lossy':
          return {
            ...usual,
            fate: oneOf(random, ['lost on the way there', 'lost on the way back', 'arrives']),
          };
        case 'slow':
          return {
            ...usual,
            thereMs: between(random, 0, 8_000),
            backMs: between(random, 0, 8_000),
            fate: 'arrives',
          };
        case 'overloaded': {
          const hasAdvice = random() < 0.5;
          const retryAfterMs = Math.ceil(between(random, 1, 120)) * 1000;
          return {
            ...usual,
            fate: 'refused',
            error: httpStatus(429, hasAdvice ? { retryAfterMs } : {}),
          };
        }
        case 'broken':
          return { ...usual, fate: 'refused', error: httpStatus(500) };
        case 'unauthorized':
          return { ...usual, fate: 'refused', error: unauthorized() };
      }
    },
  };
  return network;
}

export function noAnswer(): TransportError {
  return new TransportError('The request to https://server.example/token failed: network_error.', {
    code: 'network_error',
    phase: 'transport',
    retryable: true,
  });
}

export function tooSlow(): TimeoutError {
  return new TimeoutError('https://server.example/token did not answer within 10 s.', 'token');
}

function httpStatus(status: number, more: { retryAfterMs?: number } = {}): TransportError {
  return new TransportError(
    `The request to https://server.example/token failed: http_status (${status}).`,
    { code: 'http_status', phase: 'transport', retryable: true, status, ...more },
  );
}

function unauthorized(): OAuthResponseError {
  return new OAuthResponseError('The server answered invalid_client.', {
    phase: 'token',
    error: 'invalid_client',
    retryable: false,
    status: 401,
  });
}
