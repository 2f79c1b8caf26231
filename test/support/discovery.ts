import { type ClientOptions, createClient } from '../../src/index.ts';
import { createFakeClock } from './fake-clock.ts';
import { createRecorder } from './relying-party.ts';
import { createWeb, json, type Responder } from './scripted-web.ts';

export const issuer = 'https://login.example';
const wellKnown = `${issuer}/.well-known/openid-configuration`;

/** A metadata document, with more or other members. */
export function document(more: object = {}) {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    ...more,
  };
}

/** A client with a clock of its own, at a provider that answers as told. */
export function setUp(
  responder: Responder = () => json(document()),
  options: Partial<ClientOptions> = {},
) {
  const web = createWeb({ [wellKnown]: responder });
  const clock = createFakeClock();
  const { trace, events } = createRecorder();
  const client = createClient({
    issuer,
    clientId: 'app',
    fetch: web.fetch,
    clock,
    trace,
    ...options,
  });
  return { web, clock, client, events, count: () => web.requests.length };
}
