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
  shape: AnswerShape = { members: MEMBERS[subject], required: REQUIRED[subject] },
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
  const at = subject === 'token_response' && !body ? 'id_token' : subject;
  const fail = (name: string, wanted?: unknown, received?: unknown) =>
    checkFailed(at, name, wanted, withoutSecrets(received, context.secrets));

  if (claim) return SHOWN.test(claim) ? fail(claim, expected, claims?.[claim]) : fail(claim);
  if (attribute) return fail(attribute);
  if (claims) return fail(firstUnusable(CLAIMS, claims, REQUIRED[at]));
  if (body) return fail(firstUnusable(shape.members, body, shape.required));
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

/** What an answer has to look like, where only the caller knows. */
export interface AnswerShape {
  readonly members: Readonly<Record<string, Usable>> | undefined;
  readonly required: string | undefined;
}

export const text: Usable = (value) => typeof value === 'string' && value !== '';
export const amount: Usable = (value) => {
  const number = parseFloat(value as string);
  return number >= 0 && number < Infinity;
};
const time: Usable = (value) => typeof value === 'number' && value >= 0;

// The core names a missing or mistyped member in prose only, so it is looked for again, in the
// core's order.
const CLAIMS: Readonly<Record<string, Usable>> = {
  iss: text,
  sub: text,
  aud: (value) => text(value) || Array.isArray(value),
  exp: time,
  iat: time,
  nbf: time,
  auth_time: time,
};
const MEMBERS: Partial<Record<Subject, Readonly<Record<string, Usable>>>> = {
  token_response: {
    access_token: text,
    expires_in: amount,
    refresh_token: text,
    id_token: text,
    scope: (value) => typeof value === 'string',
    // Last, because an unknown one passes the test of being text.
    token_type: () => false,
  },
  userinfo: { sub: text },
  introspection: { active: () => false },
  pushed_authorization_response: { request_uri: text, expires_in: () => false },
};
const REQUIRED: Partial<Record<Subject, string>> = {
  id_token: 'iss sub aud exp iat',
  authorization_response: 'iss aud exp',
  introspection: 'iss aud iat active',
  userinfo: 'sub',
  token_response: 'access_token token_type',
  pushed_authorization_response: 'request_uri expires_in',
};

function firstUnusable(
  members: Readonly<Record<string, Usable>> = {},
  of: Record<string, unknown>,
  required = '',
): string {
  const found = Object.entries(members).find(([name, usable]) =>
    of[name] === undefined ? required.split(' ').includes(name) : !usable(of[name]),
  );
  return found?.[0] ?? 'format';
}
