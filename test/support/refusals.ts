import { expect } from 'vitest';

import { type Client, type ClientOptions, createClient } from '../../src/index.ts';
import { failureOf } from './relying-party.ts';
import { createWeb, json } from './scripted-web.ts';

export const issuer = 'https://login.example';
export const redirectUri = 'https://app.example/callback';

/** A client whose provider can be discovered, and counts what it is asked. */
export function setUp(options: Partial<ClientOptions> = {}) {
  const web = createWeb({
    [`${issuer}/.well-known/openid-configuration`]: () =>
      json({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        end_session_endpoint: `${issuer}/logout`,
      }),
  });
  return { web, client: createClient({ issuer, clientId: 'app', fetch: web.fetch, ...options }) };
}

/** Anything, as JavaScript callers may pass it. */
// biome-ignore lint/suspicious/noExplicitAny: the wrong types are the point.
export type Anything = any;

export const cyclic: Record<string, unknown> = {};
cyclic['self'] = cyclic;

/** What is wrong, the options with it, the option that is named, and the error's code. */
export type Refusal = [problem: string, options: Anything, option: string, code?: string];

/** The call fails for its options, before anything is sent. */
export async function expectRefusal(
  call: (client: Client, options: Anything) => Promise<unknown>,
  [, options, option, code = 'invalid_option']: Refusal,
) {
  const { web, client } = setUp();
  const error = await failureOf(() => call(client, options));
  expect(error).toMatchObject({ name: 'ConfigurationError', code, retryable: false });
  if (option) expect(error).toMatchObject({ option });
  expect(web.requests).toEqual([]);
}
