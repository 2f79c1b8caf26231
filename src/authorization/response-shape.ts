import type { ClientContext } from '../client/create-client.ts';
import { invalidOption, requireText } from '../options.ts';
import { isOpenId, RESPONSE_TYPE, type ResponsePlace, type ResponseType } from './transaction.ts';

/** How a provider sends its answer back. */
export type ResponseMode = 'query' | 'fragment' | 'form_post' | 'web_message' | 'okta_post_message';

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
  const { allowImplicit, responseMode, responseType = 'code', scope = 'openid' } = options;
  requireText(scope, 'scope');
  if (!RESPONSE_TYPE.test(responseType)) throw invalidOption('responseType', 'is not a known one');
  const isCode = responseType === 'code';
  if (!isCode && !context.frontChannel) {
    throw invalidOption('responseType', 'needs frontChannel() in the client');
  }
  if (/\btoken$/.test(responseType.replace('id_token', ''))) {
    if (!allowImplicit) throw invalidOption('responseType', 'needs allowImplicit');
    // No proof of a key goes with a redirect.
    if (context.dpop && !context.dpop.allowBearer) {
      throw invalidOption('responseType', 'does not go with dpop()');
    }
  }
  if (responseType.includes('id_token') && !isOpenId(scope)) {
    throw invalidOption('scope', 'must hold openid for an ID token');
  }
  const usual = isCode ? 'query' : 'fragment';
  const mode = responseMode ?? usual;
  if (!MODES.test(mode) || (mode === 'query' && !isCode)) {
    throw invalidOption('responseMode', 'does not go with responseType');
  }
  const isMessage = mode.endsWith('_message');
  if (context.responseProtection && (!isCode || isMessage)) {
    throw invalidOption('responseType', 'does not go with jarm()');
  }
  const place = isMessage ? 'message' : (mode as ResponsePlace);
  return {
    responseType,
    place,
    wireMode: context.responseProtection
      ? `${responseMode ? `${mode}.` : ''}jwt`
      : mode === usual
        ? undefined
        : mode,
  };
}
