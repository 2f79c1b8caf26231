import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import {
  ConfigurationError,
  InteractionRequiredError,
  isRelierError,
  OAuthResponseError,
  RelierError,
  TimeoutError,
  TransportError,
  ValidationError,
} from '../src/index.ts';

const errors = [
  new ConfigurationError('The option a is wrong.', 'invalid_option', 'a'),
  new TransportError('The request failed.', {
    code: 'http_status',
    phase: 'token',
    retryable: true,
    status: 503,
    retryAfterMs: 7_000,
  }),
  new TimeoutError('Too late.', 'discovery'),
  new OAuthResponseError('No.', {
    phase: 'token',
    retryable: false,
    error: 'invalid_grant',
    errorDescription: 'expired',
    status: 400,
  }),
  new InteractionRequiredError('Sign in.', {
    phase: 'authorization',
    retryable: false,
    error: 'login_required',
  }),
  new ValidationError('The check failed.', {
    code: 'invalid_id_token',
    phase: 'validation',
    retryable: false,
    check: 'id_token.iss',
    expected: 'https://a.example',
    received: 'https://b.example',
  }),
];

describe('the error classes', () => {
  it.each(errors)('$name is an Error, a RelierError, and named after its class', (error) => {
    expect(error).toBeInstanceOf(Error);
    expect(error).toBeInstanceOf(RelierError);
    expect(error.name).toBe(error.constructor.name);
    expect(isRelierError(error)).toBe(true);
    expect(String(error)).toBe(`${error.name}: ${error.message}`);
  });

  it('say everything they know in JSON, and no stack', () => {
    expect(errors.map((error) => JSON.parse(JSON.stringify(error)))).toEqual([
      {
        name: 'ConfigurationError',
        message: 'The option a is wrong.',
        code: 'invalid_option',
        phase: 'configuration',
        retryable: false,
        option: 'a',
      },
      {
        name: 'TransportError',
        message: 'The request failed.',
        code: 'http_status',
        phase: 'token',
        retryable: true,
        status: 503,
        retryAfterMs: 7_000,
      },
      {
        name: 'TimeoutError',
        message: 'Too late.',
        code: 'timeout',
        phase: 'discovery',
        retryable: true,
      },
      {
        name: 'OAuthResponseError',
        message: 'No.',
        code: 'oauth_error',
        phase: 'token',
        retryable: false,
        error: 'invalid_grant',
        errorDescription: 'expired',
        status: 400,
      },
      {
        name: 'InteractionRequiredError',
        message: 'Sign in.',
        code: 'interaction_required',
        phase: 'authorization',
        retryable: false,
        error: 'login_required',
      },
      {
        name: 'ValidationError',
        message: 'The check failed.',
        code: 'invalid_id_token',
        phase: 'validation',
        retryable: false,
        check: 'id_token.iss',
        expected: 'https://a.example',
        received: 'https://b.example',
      },
    ]);
  });

  it('lets an application catch an interaction as the OAuth error that it is', () => {
    expect(errors[4]).toBeInstanceOf(OAuthResponseError);
  });
});

describe('isRelierError', () => {
  it.each([
    undefined,
    null,
    'invalid_grant',
    new Error('another one'),
    Object.assign(new Error('with a code'), { code: 'ECONNREFUSED' }),
    Object.assign(new Error('half'), { code: 'timeout', retryable: true }),
    { code: 'timeout', phase: 'token', retryable: true },
  ])('is false for %o', (value) => {
    expect(isRelierError(value)).toBe(false);
  });

  it('knows an error of another copy of the library', () => {
    const details = { code: 'timeout', phase: 'token', retryable: true };
    expect(isRelierError(Object.assign(new Error('late'), details))).toBe(true);
  });

  it('knows an error of another realm, such as an iframe', () => {
    const foreign = runInNewContext(
      "Object.assign(new Error('late'), { code: 'timeout', phase: 'token', retryable: true })",
    );
    expect(foreign instanceof Error).toBe(false);
    expect(isRelierError(foreign)).toBe(true);
  });
});
