import type { Clock } from '../clock.ts';
import { ManagementError, requestFailed } from '../errors.ts';
import { parseJsonObject } from '../json.ts';
import { httpFacts, isTransient, withoutSecrets } from '../server-errors.ts';
import { parseChallenge } from '../tokens/parse-challenge.ts';
import type { Answer } from '../transport.ts';
import type { AnswerFacts } from './answer.ts';

const SHOWN_LENGTH = 500;
const MOST_CAUSES = 20;
/** Tokens of sources that keep them to themselves; also the beginning of one. */
const JWT = /eyJ[\w-]{10,}[\w.-]*/g;

/**
 * The typed error for an unsuccessful answer: in Okta's own words, in those of OAuth (the gate before
 * the API speaks it), or without any. Texts are untrusted; nothing of the request comes back in them.
 */
export function refusal(
  { response, text, url }: Answer,
  facts: AnswerFacts,
  secrets: readonly string[],
  clock: Clock,
): ManagementError {
  const told = (value: unknown): string | undefined => {
    if (typeof value !== 'string' || !value) return undefined;
    const plain = value.replace(JWT, '[redacted]').replace(/\p{Cc}+/gu, ' ');
    // Cut last, because half a secret is not recognized.
    return (withoutSecrets(plain, secrets) as string).slice(0, SHOWN_LENGTH);
  };
  const body = parseJsonObject(text) ?? {};
  const challenges = parseChallenge(response).map(({ parameters, scheme }) => ({
    ...(scheme && { scheme: told(scheme) ?? '' }),
    parameters: Object.fromEntries(
      Object.entries(parameters).map(([name, value]) => [told(name) ?? '', told(value) ?? '']),
    ),
  }));
  const challenge = challenges.find(({ parameters }) => parameters['error'])?.parameters ?? {};
  const causes = Array.isArray(body['errorCauses']) ? body['errorCauses'] : [];
  const errorCauses = causes
    .slice(0, MOST_CAUSES)
    .flatMap((cause) => told(Object(cause).errorSummary) ?? []);
  const errorCode = told(body['errorCode']);
  const errorSummary = told(body['errorSummary']);
  const error = told(body['error']) ?? challenge['error'];
  const errorDescription = told(body['error_description']) ?? challenge['error_description'];

  const reasons = [errorSummary ?? errorDescription ?? '', ...errorCauses].filter(Boolean);
  const code = [facts.status, errorCode ?? error ?? ''].join(' ').trim();
  return new ManagementError(requestFailed(url, code, reasons.join('; ')), {
    retryable: isTransient(facts.status),
    ...facts,
    retryAfterMs: httpFacts(response, clock).retryAfterMs,
    errorCode,
    errorSummary,
    errorLink: told(body['errorLink']),
    errorId: told(body['errorId']),
    errorCauses,
    error,
    errorDescription,
    challenges,
  });
}
