import {
  HTTP_REQUEST_FORBIDDEN,
  INVALID_SERVER_METADATA,
  KEY_SELECTION,
  MISSING_SERVER_METADATA,
  REQUEST_PROTOCOL_FORBIDDEN,
  RESPONSE_IS_NOT_CONFORM,
  UNSUPPORTED_OPERATION,
  WWW_AUTHENTICATE_CHALLENGE,
  type WWWAuthenticateChallenge,
} from 'oauth4webapi';
import { checkFailed, type Subject } from './checks.ts';
import { ConfigurationError, isRelierError } from './errors.ts';
import { type AnswerContext, oauthError, statusError, withoutSecrets } from './server-errors.ts';

/**
 * Runs a step of the protocol core and turns what it throws into our errors. The originals carry
 * bodies, parameters and headers, so nothing of them survives but named facts.
 */
export async function mapped<T>(
  subject: Subject,
  context: AnswerContext,
  step: () => T | Promise<T>,
  shape?: AnswerShape,
): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw isRelierError(error) ? error : translate(error, subject, context, shape);
  }
}

/** Claims whose values may be shown. Nonces and hashes would help an attacker. */
const SHOWN = /^(?:iss|aud|azp|exp|iat|nbf|auth_time)$/;

function translate(
  thrown: unknown,
  subject: Subject,
  context: AnswerContext,
  { members = {}, required = '' }: AnswerShape = {},
): Error {
  const { code, cause } = Object(thrown);
  const { attribute, body, claim, claims, expected, header, reason, signature } = Object(cause);

  switch (code) {
    case WWW_AUTHENTICATE_CHALLENGE: {
      const found = (cause as WWWAuthenticateChallenge[]).find(
        ({ parameters: { error } }) => error,
      );
      const { error, error_description, error_uri } = found?.parameters ?? {};
      return error
        ? oauthError({ error, error_description, error_uri }, context)
        : statusError(context);
    }
    case RESPONSE_IS_NOT_CONFORM:
      return statusError(context);
    case MISSING_SERVER_METADATA:
      return unsupported(attribute);
    case INVALID_SERVER_METADATA:
      return checkFailed('metadata', attribute);
    case HTTP_REQUEST_FORBIDDEN:
    case REQUEST_PROTOCOL_FORBIDDEN:
      return new ConfigurationError(
        "An endpoint in the server's metadata is not https.",
        'insecure_url',
        'metadata',
      );
  }

  // What fails inside a JWT names the token, not the answer that carried it.
  const isIdToken = subject === 'token_response' && !body;
  const at = isIdToken ? 'id_token' : subject;
  const fail = (name: string, wanted?: unknown, received?: unknown) =>
    checkFailed(at, name, wanted, withoutSecrets(received, context.secrets));

  if (claim) return SHOWN.test(claim) ? fail(claim, expected, claims?.[claim]) : fail(claim);
  if (attribute) return fail(attribute);
  if (claims) {
    return fail(firstUnusable(CLAIMS, claims, isIdToken ? 'iss sub aud exp iat' : required));
  }
  if (body) return fail(firstUnusable(members, body, required));
  if (signature) return fail('signature');
  // jose's words for what cannot be decrypted.
  if (/^ERR_J(?:WE|OSE)/.test(code)) return fail('encryption');
  const isUnsupported = code === UNSUPPORTED_OPERATION;
  if (isUnsupported && header) return fail('crit');
  if (isUnsupported && typeof cause === 'string') return fail('encryption');
  if (isUnsupported || code === KEY_SELECTION) return fail('key');
  // The metadata lists no algorithm that this may be signed with.
  if ('fallback' in Object(cause)) return fail('alg');
  if (!header) return fail('format');
  return reason ? fail('alg', expected, header.alg) : fail('typ', undefined, header.typ);
}

/** The server's metadata lacks, or rules out, what was asked for. */
export function unsupported(member: string): ConfigurationError {
  return new ConfigurationError(
    `The server does not offer what this needs (${member} in its metadata).`,
    'unsupported_by_server',
    member,
  );
}

type Usable = (value: unknown) => boolean;

/**
 * What an answer has to look like. The core names a missing or mistyped member in prose only, so it
 * is looked for again, in the core's order.
 */
export interface AnswerShape {
  readonly members?: Readonly<Record<string, Usable>>;
  /** The names of members, or of claims where the answer is a JWT, separated by spaces. */
  readonly required?: string;
}

export const text: Usable = (value) => typeof value === 'string' && value !== '';
export const amount: Usable = (value) => {
  const number = parseFloat(value as string);
  return number >= 0 && number < Infinity;
};
const time: Usable = (value) => typeof value === 'number' && value >= 0;

const CLAIMS: Readonly<Record<string, Usable>> = {
  iss: text,
  sub: text,
  aud: (value) => text(value) || Array.isArray(value),
  exp: time,
  iat: time,
  nbf: time,
  auth_time: time,
};
function firstUnusable(
  members: Readonly<Record<string, Usable>>,
  of: Record<string, unknown>,
  required: string,
): string {
  const found = Object.entries(members).find(([name, usable]) =>
    of[name] === undefined ? required.split(' ').includes(name) : !usable(of[name]),
  );
  return found?.[0] ?? 'format';
}
