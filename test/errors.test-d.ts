import { describe, expectTypeOf, it } from 'vitest';
import {
  type AnyRelierError,
  type ConfigurationError,
  type ConfigurationErrorCode,
  type ErrorCode,
  type InteractionRequiredError,
  isRelierError,
  type OAuthResponseError,
  type RelierError,
  type StorageErrorCode,
  type TimeoutError,
  type TransportError,
  type TransportErrorCode,
  type ValidationError,
  type ValidationErrorCode,
} from '../src/index.ts';

declare const error: AnyRelierError;

describe('AnyRelierError', () => {
  it('narrows by code', () => {
    switch (error.code) {
      case 'timeout':
        expectTypeOf(error).toEqualTypeOf<TimeoutError>();
        break;
      case 'network_error':
      case 'http_status':
      case 'redirect_refused':
      case 'response_too_large':
      case 'response_not_json':
      case 'aborted':
        expectTypeOf(error).toEqualTypeOf<TransportError>();
        expectTypeOf(error.status).toEqualTypeOf<number | undefined>();
        break;
      case 'interaction_required':
        expectTypeOf(error).toEqualTypeOf<OAuthResponseError | InteractionRequiredError>();
        expectTypeOf(error.error).toEqualTypeOf<string>();
        break;
      case 'oauth_error':
        expectTypeOf(error).toEqualTypeOf<OAuthResponseError>();
        break;
      case 'invalid_id_token':
        expectTypeOf(error).toEqualTypeOf<ValidationError>();
        expectTypeOf(error.check).toEqualTypeOf<string>();
        break;
      case 'invalid_option':
        expectTypeOf(error).toEqualTypeOf<ConfigurationError>();
        expectTypeOf(error.option).toEqualTypeOf<string>();
        expectTypeOf(error.phase).toEqualTypeOf<'configuration'>();
        break;
      default:
        expectTypeOf(error).not.toBeNever();
    }
  });

  it('narrows by name', () => {
    if (error.name === 'TransportError') expectTypeOf(error).toEqualTypeOf<TransportError>();
    if (error.name === 'ValidationError') expectTypeOf(error).toEqualTypeOf<ValidationError>();
  });

  it('has exactly the codes that there are', () => {
    expectTypeOf<AnyRelierError['code']>().toEqualTypeOf<ErrorCode>();
    expectTypeOf<
      Exclude<
        ErrorCode,
        ConfigurationErrorCode | StorageErrorCode | TransportErrorCode | ValidationErrorCode
      >
    >().toEqualTypeOf<
      | 'timeout'
      | 'oauth_error'
      | 'interaction_required'
      | 'step_up_required'
      | 'step_up_failed'
      | 'popup_blocked'
      | 'popup_closed'
      | 'management_error'
    >();
  });

  it('is what isRelierError makes of anything caught', () => {
    const caught: unknown = error;
    if (isRelierError(caught)) expectTypeOf(caught).toEqualTypeOf<AnyRelierError>();
    else expectTypeOf(caught).toEqualTypeOf<unknown>();
  });

  it('has the common members in every class', () => {
    expectTypeOf<AnyRelierError>().toExtend<RelierError>();
    expectTypeOf(error.retryable).toEqualTypeOf<boolean>();
    // @ts-expect-error errors are facts
    error.retryable = true;
  });
});
