import type { ClientContext } from '../client/create-client.ts';
import { invalidOption, requireFlag, requireText } from '../options.ts';
import { protectionOf } from './protection.ts';
import {
  RESPONSE_TYPE,
  type ResponseMode,
  type ResponsePlace,
  type ResponseType,
} from './transaction.ts';

/** The part of an authorization request that says what the answer looks like. */
export interface ResponseOptions {
  /**
   * What the answer holds. Anything with `id_token` or `token` needs `frontChannel()` in the client.
   * @default 'code'
   */
  readonly responseType?: ResponseType | undefined;
  /**
   * Where the answer stands: in the redirect's query or fragment, in a form that is posted to the
   * redirect URI, or in a message between windows (the standard one, or Okta's).
   * @default 'query', or 'fragment' where the answer holds tokens
   */
  readonly responseMode?: ResponseMode | undefined;
  /**
   * Lets an access token come back through the browser, where more eyes see it than need to
   * (RFC 9700 section 2.1.2).
   * @default false
   */
  readonly allowImplicit?: boolean | undefined;
}

/** What was asked for, checked. */
export interface AskedResponse {
  readonly responseType: ResponseType;
  readonly place: ResponsePlace;
  /** The wire's `response_mode`, where it is not the default. */
  readonly wireMode: string | undefined;
}

const MODES = /^(?:query|fragment|form_post|web_message|okta_post_message)$/;

/** Checks that the answer that is asked for is one that can be taken. */
export function askedResponse(
  context: ClientContext,
  options: ResponseOptions & { readonly scope?: string | undefined },
): AskedResponse {
  const { responseMode, responseType = 'code', scope = 'openid' } = options;
  const { frontChannel, responseProtection } = protectionOf(context);
  // A line break is no space: what is behind it would be asked for, and not be checked.
  if (/[^ -~]/.test(requireText(scope, 'scope'))) {
    throw invalidOption('scope', 'holds characters that are in no scope');
  }
  if (!RESPONSE_TYPE.test(responseType)) throw invalidOption('responseType', 'is not a known one');
  requireFlag(options.allowImplicit, 'allowImplicit');
  const isCode = responseType === 'code';
  if (!isCode && !frontChannel) {
    throw invalidOption('responseType', 'needs frontChannel() in the client');
  }
  if (!isCode) frontChannel?.assertAsked(context, responseType, scope, options.allowImplicit);
  const usual = isCode ? 'query' : 'fragment';
  const mode = responseMode ?? usual;
  if (typeof mode !== 'string' || !MODES.test(mode) || (mode === 'query' && !isCode)) {
    throw invalidOption('responseMode', 'does not go with responseType');
  }
  return {
    responseType,
    place: mode.endsWith('_message') ? 'message' : (mode as ResponsePlace),
    wireMode:
      responseProtection?.wireMode(responseType, responseMode) ??
      (mode === usual ? undefined : mode),
  };
}
