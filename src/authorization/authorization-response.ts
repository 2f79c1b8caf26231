import { validateAuthResponse } from 'oauth4webapi';
import { checksOf } from '../checks.ts';
import { type CoreArguments, serverOf } from '../client/call-endpoint.ts';
import type { ClientContext } from '../client/create-client.ts';
import { ValidationError } from '../errors.ts';
import { invalidOption } from '../options.ts';
import { oauthError } from '../server-errors.ts';
import { assertTransaction, TRANSACTION_LIFETIME_MS, type Transaction } from './transaction.ts';

/** Finds the transaction of a `state`, and takes it out: a response is good for one use. */
export type TransactionLookup = (
  state: string,
) => Promise<Transaction | undefined> | Transaction | undefined;

/** The URL that the browser was sent back to, its parameters alone, or the request for it. */
export type AuthorizationResponse = URL | URLSearchParams | Request;

/** A response that passed every check, and the sign-in it belongs to. */
export interface AcceptedResponse {
  readonly transaction: Transaction;
  /** Marked by the protocol core as checked; only such can be exchanged for tokens. */
  readonly accept: (core: Pick<CoreArguments, 'server' | 'client'>) => URLSearchParams;
}

// A code is sent once. A transaction that a lookup makes anew each time is the lookup's to guard.
const used = new WeakSet<Transaction>();

/** Reads an authorization response and checks all that can be checked before the code is used. */
export async function readAuthorizationResponse(
  context: ClientContext,
  transactions: Transaction | TransactionLookup,
  response: AuthorizationResponse,
  signal: AbortSignal | undefined,
): Promise<AcceptedResponse> {
  const { issuer } = context;
  const { parameters, mode } = parametersOf(response);
  const check = checksOf('authorization_response', context.trace);
  const given = [...parameters.keys()];
  check('duplicate', new Set(given).size === given.length);

  const state = parameters.get('state') ?? '';
  const transaction = typeof transactions === 'function' ? await transactions(state) : transactions;
  if (!transaction) throw noTransaction('transaction_not_found');
  assertTransaction(transaction, context);
  check('state', state === transaction.state);
  if (context.clock.now() - transaction.createdAt > TRANSACTION_LIFETIME_MS) {
    throw noTransaction('transaction_expired');
  }
  const { codeVerifier, nonce, responseMode } = transaction;
  if (mode) check('response_mode', mode === responseMode, responseMode, mode);

  const server = await serverOf(context, signal);
  const iss = parameters.get('iss') ?? undefined;
  if (iss !== undefined || server.authorization_response_iss_parameter_supported) {
    check('iss', iss === issuer, issuer, iss);
  }
  const error = parameters.get('error');
  check('code', !!parameters.get('code') !== !!error);
  if (error) {
    throw oauthError(
      {
        error,
        error_description: parameters.get('error_description'),
        error_uri: parameters.get('error_uri'),
      },
      { phase: 'authorization', secrets: [state, nonce, codeVerifier] },
    );
  }
  // Nobody asked for tokens or for a signed answer here.
  check('response_type', !given.some((name) => /^(?:id_token|access_token|response)$/.test(name)));

  if (used.has(transaction)) throw noTransaction('transaction_not_found');
  used.add(transaction);
  return {
    transaction,
    accept: ({ server, client }) => validateAuthResponse(server, client, parameters, state),
  };
}

const MESSAGES = {
  transaction_not_found: 'No sign-in with this state was started here, or it is done.',
  transaction_expired: 'The sign-in was started too long ago.',
};

function noTransaction(code: keyof typeof MESSAGES): ValidationError {
  return new ValidationError(MESSAGES[code], {
    code,
    phase: 'authorization',
    retryable: false,
    check: 'authorization_response.state',
  });
}

/** Where the parameters stand, which is how they were sent. */
function parametersOf(response: AuthorizationResponse): {
  parameters: URLSearchParams;
  mode?: Transaction['responseMode'];
} {
  if (response instanceof URLSearchParams) return { parameters: new URLSearchParams(response) };
  const url = response instanceof URL ? response : requestUrl(response);
  const fragment = new URLSearchParams(url.hash.slice(1));
  return fragment.has('state') && !url.searchParams.has('state')
    ? { parameters: fragment, mode: 'fragment' }
    : { parameters: url.searchParams, mode: 'query' };
}

function requestUrl(response: unknown): URL {
  if (response instanceof Request && response.method === 'GET') return new URL(response.url);
  throw invalidOption('response', 'must be a URL, URLSearchParams, or a GET Request');
}
