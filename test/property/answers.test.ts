import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  clientCredentialsGrant,
  createAuthorizationRequest,
  createClient,
  fetchServerMetadata,
  handleAuthorizationResponse,
} from '../../src/index.ts';
import { createWeb, json } from '../support/scripted-web.ts';
import { anything, holds, outcomeOf, recordOf } from './property.ts';
import { issuer, signedClient } from './signed.ts';

const redirectUri = 'https://app.example/callback';

it('any answer of the token endpoint makes a token set or a typed error', () =>
  holds(
    'token responses',
    2000,
    fc.record({
      body: fc.oneof(
        {
          weight: 6,
          arbitrary: recordOf({
            access_token: 'a',
            token_type: 'Bearer',
            expires_in: 60,
            scope: 'a',
            refresh_token: 'r',
          }).map((body) => JSON.stringify(body)),
        },
        {
          weight: 1,
          arbitrary: recordOf({
            error: 'invalid_grant',
            error_description: 'd',
            error_uri: 'https://e.example',
          }).map((body) => JSON.stringify(body)),
        },
        { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
      ),
      status: fc.constantFrom(200, 200, 200, 201, 204, 302, 400, 401, 429, 500),
      headers: fc.dictionary(
        fc.constantFrom('content-type', 'www-authenticate', 'retry-after', 'dpop-nonce'),
        fc.oneof(
          fc.constantFrom('application/json', 'application/jwt', 'Bearer error="x"', '5'),
          fc.string(),
        ),
      ),
    }),
    async ({ body, headers, status }) => {
      const { client, web } = signedClient();
      web.on(
        `${issuer}/token`,
        () => new Response(status === 204 ? null : body, { status, headers }),
      );
      const { result } = await outcomeOf(() => clientCredentialsGrant(client));
      if (!result) return false;
      expect(status).toBe(200);
      expect(result.accessToken).toBe(JSON.parse(body).access_token);
      expect(result.scope).toBeTypeOf('string');
      expect(result.expiresAt ?? 0).toBeGreaterThanOrEqual(0);
      expect(Object.isFrozen(result)).toBe(true);
      return true;
    },
  ));

it('any metadata is usable or a typed error', () =>
  holds(
    'metadata documents',
    2000,
    fc.oneof(
      {
        weight: 8,
        arbitrary: recordOf({
          issuer,
          authorization_endpoint: `${issuer}/authorize?tenant=1`,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/jwks`,
          response_modes_supported: ['query'],
          code_challenge_methods_supported: ['S256'],
          authorization_response_iss_parameter_supported: true,
          id_token_signing_alg_values_supported: ['RS256'],
          request_parameter_supported: false,
        }),
      },
      { weight: 1, arbitrary: anything },
    ),
    async (document) => {
      const web = createWeb({
        [`${issuer}/.well-known/openid-configuration`]: () => json(document),
      });
      const client = createClient({ issuer, clientId: 'app', fetch: web.fetch });
      const { result } = await outcomeOf(() => fetchServerMetadata(client));
      if (result) expect(result.issuer).toBe(issuer);
      const request = await outcomeOf(() => createAuthorizationRequest(client, { redirectUri }));
      if (request.result) expect(request.result.url.protocol).toBe('https:');
      return request.result !== undefined;
    },
  ));

const names = fc.constantFrom(
  'code',
  'state',
  'iss',
  'error',
  'error_description',
  'error_uri',
  'access_token',
  'id_token',
  'token_type',
  'expires_in',
  'response',
  'session_state',
  'scope',
  '__proto__',
);

it('any callback is exchanged for what belongs to it, or refused', () =>
  holds(
    'callbacks',
    3000,
    fc.tuple(
      fc.array(
        fc.tuple(
          fc.oneof({ weight: 9, arbitrary: names }, { weight: 1, arbitrary: fc.string() }),
          fc.oneof(
            fc.constantFrom('STATE', 'STATE', issuer, 'the-code'),
            fc.string({ unit: 'binary' }),
          ),
        ),
        { maxLength: 6 },
      ),
      fc.constantFrom('query', 'fragment', 'form', 'message', 'parameters'),
      fc.boolean(),
    ),
    async ([pairs, place, isComplete]) => {
      const { client, web } = signedClient();
      web.on(`${issuer}/token`, () => json({ access_token: 'a', token_type: 'Bearer' }));
      const { transaction } = await createAuthorizationRequest(client, {
        redirectUri,
        scope: 'a',
      });
      const whole = isComplete ? [...pairs, ['code', 'c'], ['state', 'STATE']] : pairs;
      const parameters = new URLSearchParams(
        whole.map(
          ([name, value]) =>
            [name, value === 'STATE' ? transaction.state : value] as [string, string],
        ),
      );
      const response = () => {
        const url = new URL(redirectUri);
        if (place === 'parameters') return parameters;
        if (place === 'message') return Object.fromEntries(parameters);
        if (place === 'form') return new Request(url, { method: 'POST', body: parameters });
        url[place === 'query' ? 'search' : 'hash'] = parameters.toString();
        return url;
      };
      const { result } = await outcomeOf(() =>
        handleAuthorizationResponse(client, transaction, response()),
      );
      const isOurs =
        parameters.get('state') === transaction.state &&
        (place === 'message' || parameters.getAll('state').length === 1);
      if (result) {
        expect(isOurs).toBe(true);
        expect(parameters.get('error')).toBeFalsy();
      }
      // Nothing is sent for a callback of somebody else's.
      if (!parameters.getAll('state').includes(transaction.state)) {
        expect(web.count(`${issuer}/token`)).toBe(0);
      }
      return result !== undefined;
    },
  ));
