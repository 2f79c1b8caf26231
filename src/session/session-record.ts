import { type StepUpDetails, StorageError } from '../errors.ts';
import { parseJsonObject } from '../json.ts';
import type { TokenSet } from '../tokens/token-set.ts';
import { LONGEST_ASKED_FOR_MS, LONGEST_PAUSE_MS } from './refresh-policy.ts';
import { isClaims } from './require-token-set.ts';
import type { Grant, RawAnswer, TokenTarget } from './token-source.ts';

/** An access token in a record. */
export interface KeptToken
  extends Pick<TokenSet, 'accessToken' | 'tokenType' | 'obtainedAt' | 'scope'>,
    Partial<Pick<TokenSet, 'expiresAt' | 'keyThumbprint'>> {
  /** What it is for: the empty string for what was asked for at sign-in. */
  readonly key: string;
}

/**
 * One session as it is stored: plain JSON. It is at rest, or somebody has set out to refresh it
 * (`intent`), or an answer is waiting to be checked (`pending`). Every change of it is one of the
 * functions below; docs/session.md has the picture.
 */
export interface SessionRecord extends Grant {
  readonly version: 1;
  /** The record's own key, so that records cannot be taken for one another. */
  readonly key: string;
  /** Names one sign-in. */
  readonly id: string;
  readonly signedInAt: number;
  /** What an API had asked for when the person signed in (RFC 9470). */
  readonly stepUp?: StepUpDetails | undefined;
  /** The resource of the tokens of the sign-in. */
  readonly resource?: string | undefined;
  /** The one of the sign-in first, then the least recently obtained one. */
  readonly tokens: readonly KeptToken[];
  /** A refresh token is about to be spent, or just has been. */
  readonly intent?: { readonly owner: string; readonly startedAt: number } | undefined;
  /** A refresh token was spent and nobody knows the answer: the next use may be taken for a theft. */
  readonly isUnanswered?: boolean | undefined;
  /** What a refresh brought, not checked yet. Its refresh token is already the one of the record. */
  readonly pending?: PendingAnswer | undefined;
  /** The last refresh failed, and nobody should ask again before `retryAt`. */
  readonly failure?: Failure | undefined;
}

export interface PendingAnswer {
  readonly key: string;
  readonly target: TokenTarget;
  readonly answer: RawAnswer;
}

export interface Failure {
  /** The `code` of the error. */
  readonly code: string;
  /** What was asked for, where the server refused just that. */
  readonly key?: string | undefined;
  /** How many refreshes have failed in a row. */
  readonly attempts: number;
  /** In milliseconds since the epoch. */
  readonly failedAt: number;
  /** In milliseconds since the epoch. */
  readonly retryAt: number;
  /** The server named the time (`Retry-After`). */
  readonly isAskedFor: boolean;
}

/** More access tokens than anybody has APIs; the oldest goes first. */
const MOST_TOKENS = 20;

/** A new sign-in. */
export function signedIn(
  tokens: TokenSet,
  about: Pick<SessionRecord, 'key' | 'id' | 'signedInAt' | 'stepUp'>,
): SessionRecord {
  const { claims, idToken, keyThumbprint, refreshToken, resource, scope } = tokens;
  return {
    version: 1,
    ...about,
    ...{ claims, idToken, keyThumbprint, refreshToken, resource, scope },
    tokens: [kept(tokens, '')],
  };
}

/** Somebody sets out to spend the refresh token. */
export function withIntent(record: SessionRecord, owner: string, startedAt: number): SessionRecord {
  // Whoever else set out before has not come back.
  const isLeft = !!record.intent && record.intent.owner !== owner;
  return { ...record, isUnanswered: record.isUnanswered || isLeft, intent: { owner, startedAt } };
}

/** The server has answered. Its refresh token counts from now on, whatever else is in the answer. */
export function withAnswer(record: SessionRecord, pending: PendingAnswer): SessionRecord {
  const { refresh_token } = pending.answer.body;
  const isNew = typeof refresh_token === 'string' && refresh_token;
  return {
    ...atRest(record),
    refreshToken: isNew ? refresh_token : record.refreshToken,
    isUnanswered: undefined,
    pending,
  };
}

/** The answer has passed its checks. */
export function withTokens(record: SessionRecord, key: string, tokens: TokenSet): SessionRecord {
  const { claims, idToken, refreshToken, scope } = tokens;
  const others = record.tokens.filter((token) => token.key !== key);
  const newest = others.filter((token) => token.key).slice(2 - MOST_TOKENS);
  const { failure } = record;
  return {
    ...atRest(record),
    ...{ claims, idToken, refreshToken },
    scope: key ? record.scope : scope,
    tokens: [...others.filter((token) => !token.key), ...newest, kept(tokens, key)],
    failure: failure?.key === undefined || failure.key === key ? undefined : failure,
  };
}

/** The refresh has failed; whatever has arrived of an answer stays. */
export function withFailure(
  record: SessionRecord,
  failure: Failure,
  isUnanswered: boolean,
): SessionRecord {
  return {
    ...record,
    intent: undefined,
    failure,
    isUnanswered: record.isUnanswered || isUnanswered,
  };
}

/** Nothing is under way, and no answer is waiting: one that is of no use is given up. */
export function atRest(record: SessionRecord): SessionRecord {
  return { ...record, intent: undefined, pending: undefined };
}

function kept(tokens: TokenSet, key: string): KeptToken {
  const { accessToken, expiresAt, keyThumbprint, obtainedAt, scope, tokenType } = tokens;
  return { key, accessToken, tokenType, obtainedAt, expiresAt, keyThumbprint, scope } as KeptToken;
}

/** Whether nobody has signed in or refreshed in between. */
export function isSame(a: SessionRecord, b: SessionRecord): boolean {
  return a.id === b.id && a.refreshToken === b.refreshToken;
}

/** What stands in the store; throws for what is no record of this key, or of a later version. */
export function parseRecord(text: string, key: string, revision: string): SessionRecord {
  const record = parseJsonObject(text);
  const isText = (name: string) => typeof record?.[name] === 'string';
  const isTextIfAny = (name: string) => record?.[name] === undefined || isText(name);
  const tokens = record?.['tokens'];
  const isRecord =
    record?.['version'] === 1 &&
    record['key'] === key &&
    isText('id') &&
    isText('scope') &&
    Array.isArray(tokens) &&
    tokens.every((token) => typeof Object(token).accessToken === 'string') &&
    ['refreshToken', 'idToken', 'keyThumbprint', 'resource'].every(isTextIfAny) &&
    isClaims(record['claims']);
  if (!isRecord) {
    throw new StorageError('The stored session is not one that this version of relier wrote.', {
      code: 'record_unreadable',
      retryable: false,
      revision,
    });
  }
  const { failure, pending, ...rest } = record as unknown as SessionRecord;
  // Without these a session goes on as well.
  return {
    ...rest,
    ...(isPending(pending) && { pending }),
    ...(isFailure(failure) && { failure }),
  };
}

function isPending(value: unknown): boolean {
  const { answer, key, target } = Object(value);
  const { body, sentAt } = Object(answer);
  return !!body && !!target && typeof key === 'string' && Number.isFinite(sentAt);
}

function isFailure(value: unknown): boolean {
  const { attempts, code, failedAt, retryAt } = Object(value);
  const isOne = typeof code === 'string' && [attempts, failedAt, retryAt].every(Number.isFinite);
  // No server is left alone for longer.
  return isOne && retryAt - failedAt <= LONGEST_ASKED_FOR_MS + LONGEST_PAUSE_MS;
}
