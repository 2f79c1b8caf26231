import { abortable } from '../abortable.ts';
import { checkFailed, checksOf } from '../checks.ts';
import { serverOf } from '../client/call-endpoint.ts';
import type { ClientContext } from '../client/create-client.ts';
import { keysUrl } from '../discovery/server-keys.ts';
import { ValidationError } from '../errors.ts';
import { invalidOption } from '../options.ts';
import { oauthError } from '../server-errors.ts';
import type { TokenSet } from '../tokens/token-set.ts';
import { protectionOf } from './protection.ts';
import type { ResponseParameters } from './response-parameters.ts';
import {
  assertTransaction,
  isOpenId,
  TRANSACTION_LIFETIME_MS,
  type Transaction,
} from './transaction.ts';

/** Finds the transaction of a `state`, and takes it out: a response is good for one use. */
export type TransactionLookup = (
  state: string,
) => Promise<Transaction | undefined> | Transaction | undefined;

/** A response that passed every check, and the sign-in it belongs to. */
export interface AcceptedResponse {
  readonly transaction: Transaction;
  /** To be exchanged, once. */
  readonly code: string | null;
  /** The tokens that came with the response, verified. */
  readonly tokens: TokenSet | undefined;
}

const subject = 'authorization_response';

// A code is sent once. A transaction that a lookup makes anew each time is the lookup's to guard.
const used = new WeakSet<Transaction>();

/** Reads an authorization response and checks all that can be checked before the code is used. */
export async function readAuthorizationResponse(
  context: ClientContext,
  transactions: Transaction | TransactionLookup,
  received: ResponseParameters,
  signal: AbortSignal | undefined,
): Promise<AcceptedResponse> {
  const { issuer } = context;
  const { frontChannel, responseProtection } = protectionOf(context);
  const check = checksOf(subject, context.trace);
  let { parameters } = received;
  const names = [...parameters.keys()];
  check('duplicate', new Set(names).size === names.length);
  check('response', parameters.has('response') === !!responseProtection);
  if (responseProtection) parameters = await responseProtection.open(context, parameters, signal);

  const transaction = await transactionOf(context, transactions, parameters.get('state'), signal);
  check('state', true);
  const { codeVerifier, nonce, redirectUri, responsePlace, responseType, state } = transaction;
  const { path, place = responsePlace } = received;
  check('response_mode', place === responsePlace, responsePlace, place);
  if (path) {
    // Apps that know several issuers tell them apart by this (RFC 9700 section 4.4.2.2).
    const registered = new URL(redirectUri).pathname;
    check('redirect_uri', path === registered, registered, path);
  }

  const server = await serverOf(context, signal);
  const iss = parameters.get('iss') ?? undefined;
  if (
    iss !== undefined ||
    (server.authorization_response_iss_parameter_supported && !responseProtection)
  ) {
    check('iss', iss === issuer, issuer, iss);
  }
  const error = parameters.get('error');
  const code = parameters.get('code');
  check('code', !(code && error));
  if (error) {
    throw oauthError(
      {
        error,
        error_description: parameters.get('error_description'),
        error_uri: parameters.get('error_uri'),
      },
      { phase: 'authorization', secrets: [state, nonce, codeVerifier], url: issuer },
    );
  }
  const asked = responseType.split(' ');
  check('code', !!code === asked.includes('code'));
  check(
    'response_type',
    parameters.has('id_token') === asked.includes('id_token') &&
      parameters.has('access_token') === asked.includes('token'),
  );
  if (responseType !== 'code' && !frontChannel) {
    throw invalidOption('frontChannel', 'is needed to finish this sign-in');
  }
  const tokens =
    responseType === 'code'
      ? undefined
      : await frontChannel?.verify(context, server, transaction, parameters, signal);
  // A code is not spent on an ID token that nobody could verify.
  if (isOpenId(transaction.scope)) keysUrl(server, context.allowLoopback);
  if (used.has(transaction)) throw noTransaction('transaction_not_found');
  used.add(transaction);
  return { code, tokens, transaction };
}

async function transactionOf(
  context: ClientContext,
  transactions: Transaction | TransactionLookup,
  state: string | null,
  signal: AbortSignal | undefined,
): Promise<Transaction> {
  // Ours are always of this form; nothing else gets to look into the application's store.
  if (!state || !/^[\w-]{43}$/.test(state)) throw checkFailed(subject, 'state');
  const transaction =
    typeof transactions === 'function'
      ? await abortable(async () => transactions(state), signal, 'authorization')
      : transactions;
  if (!transaction) throw noTransaction('transaction_not_found');
  assertTransaction(transaction, context);
  if (state !== transaction.state) throw checkFailed(subject, 'state');
  if (context.clock.now() - transaction.createdAt > TRANSACTION_LIFETIME_MS) {
    throw noTransaction('transaction_expired');
  }
  return transaction;
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
