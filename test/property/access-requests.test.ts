import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type AccessTokenValidatorOptions,
  createAccessTokenValidator,
  type NodeRequest,
  parseChallenge,
} from '../../src/index.ts';
import { anything, holds, outcomeOf, seconds } from './property.ts';
import { changed, issuer, jwtLike, signed, signedClient } from './signed.ts';

const audience = 'https://api.example';
const claims = {
  iss: issuer,
  aud: audience,
  sub: 'ada',
  client_id: 'app',
  jti: 'j',
  scope: 'a',
  iat: seconds,
  exp: seconds + 60,
};
const good = signed(claims, { typ: 'at+jwt' });
const { web } = signedClient();

function validatorOf(options: Partial<AccessTokenValidatorOptions> = {}) {
  return createAccessTokenValidator({
    issuer,
    audience,
    fetch: web.fetch,
    discovery: false,
    metadata: { jwks_uri: `${issuer}/jwks` },
    clock: { now: () => seconds * 1000, monotonic: () => 0, setTimer: () => () => {} },
    ...options,
  });
}

const tokens = validatorOf({ cache: {}, baseUrl: audience });
const algs = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519';

/** Every header that our own words can become, and nothing else. */
function isOurs(header: string): boolean {
  return parseChallenge(header).every(({ parameters: { realm, ...others }, scheme }) => {
    const { error = 'invalid_token', ...rest } = others;
    return (
      realm === audience &&
      /^invalid_(?:request|token|dpop_proof)$/.test(error) &&
      JSON.stringify(rest) === JSON.stringify(scheme === 'dpop' ? { algs } : {})
    );
  });
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('', 'a\r\nset-cookie: a=b', '", error="x', '\\"', 'ÿ', '\u0000'),
);
const headerValue = fc.oneof(
  { weight: 2, arbitrary: fc.constant(`Bearer ${good}`) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom('Bearer ', 'bearer  ', 'DPoP ', 'dpop', 'Basic ', ''), text)
      .map((parts) => parts.join('')),
  },
  { weight: 3, arbitrary: jwtLike.map((token) => `Bearer ${token}`) },
  { weight: 2, arbitrary: jwtLike.map((token) => `DPoP ${token}`) },
  { weight: 2, arbitrary: changed(good).map((token) => `Bearer ${token}`) },
  { weight: 2, arbitrary: fc.constant(`DPoP ${good}`) },
);
const headers = fc.record(
  {
    authorization: fc.oneof(headerValue, fc.array(headerValue, { maxLength: 3 })),
    dpop: fc.oneof(text, jwtLike, fc.array(jwtLike, { maxLength: 2 })),
  },
  { requiredKeys: [] },
);

it('any request of node:http is let in with the token or refused, in our own words', () =>
  holds(
    'requests of node:http',
    4000,
    fc.record(
      {
        headers,
        method: text,
        url: fc.oneof(text, fc.constantFrom('/', '//evil.example/', 'http://evil.example/', '*')),
        originalUrl: text,
        headersDistinct: fc.constant(undefined),
      },
      { requiredKeys: ['headers'] },
    ),
    async (request) => {
      const access = await tokens.validate(request as NodeRequest);
      if (access.ok) {
        expect([request.headers.authorization].flat()).toEqual([`Bearer ${good}`]);
        return true;
      }
      expect([400, 401]).toContain(access.status);
      const header = access.response().headers.get('www-authenticate') ?? '';
      expect(header).toMatch(/^[\x20-\x7e]+$/);
      expect(isOurs(header)).toBe(true);
      return false;
    },
  ));

it('any Request is answered as the same request of node:http', () =>
  holds('requests', 2000, headers, async (given) => {
    const request = new Request(`${audience}/orders`);
    try {
      for (const [name, values] of Object.entries(given)) {
        for (const value of [values].flat()) request.headers.append(name, value);
      }
    } catch {
      // No platform lets it in.
      return;
    }
    const [one, other] = await Promise.all([
      tokens.validate(request),
      tokens.validate({
        url: '/orders',
        headers: { authorization: '', ...Object.fromEntries(request.headers) },
      }),
    ]);
    expect(one.ok).toBe(other.ok);
    if (!one.ok && !other.ok)
      expect([one.status, one.headers]).toEqual([other.status, other.headers]);
    return one.ok;
  }));

it('a token whose decoded bytes changed is refused, also when the right one is known', () =>
  holds('changed tokens', 2000, changed(good), async (token) => {
    expect(await tokens.validate(good)).toMatchObject({ ok: true });
    expect(await tokens.validate(token)).toMatchObject({ ok: false, status: 401 });
  }));

it('what an API requires is in its challenge to the byte, or refused', () =>
  holds(
    'requirements',
    2000,
    fc.record(
      {
        requireScopes: fc.array(fc.oneof(text, fc.constantFrom('b', 'urn:c')), { maxLength: 3 }),
        acr: fc.array(fc.oneof(text, fc.constantFrom('gold', 'urn:silver')), { maxLength: 3 }),
        maxAge: fc.oneof(fc.nat(), anything),
      },
      { requiredKeys: [] },
    ),
    async (given) => {
      const { error, result } = await outcomeOf(() => tokens.validate(good, given as object));
      if (error) {
        expect(error.code).toBe('invalid_option');
        return false;
      }
      const { acr, requireScopes = [] } = given;
      if (result.ok)
        expect([requireScopes.length, acr?.length, given.maxAge]).toEqual([
          0,
          undefined,
          undefined,
        ]);
      else {
        const [challenge, ...others] = parseChallenge(result.response());
        expect(others).toEqual([]);
        expect(challenge?.scope ?? '').toBe(requireScopes.join(' '));
        if (challenge?.error !== 'insufficient_scope') {
          expect(challenge?.parameters['acr_values']).toBe(acr?.join(' '));
        }
      }
      return true;
    },
  ));

it('what an API says of itself is in its challenge to the byte, or refused', () =>
  holds(
    'realms and metadata',
    2000,
    fc.record(
      {
        audience: fc.oneof(text, fc.constant(audience)),
        realm: fc.oneof(text, fc.constant('orders "at" home\\')),
        resourceMetadata: fc.oneof(
          text,
          fc.webUrl({ validSchemes: ['https'], withQueryParameters: true }),
          text.map((path) => `https://api.example/${path}`),
        ),
      },
      { requiredKeys: ['audience'] },
    ),
    async (given) => {
      const { error, result } = await outcomeOf(() => validatorOf(given));
      if (error) return false;
      const access = await result.validate('');
      if (access.ok) throw new Error('Nothing is let in without a token.');
      const header = access.response().headers.get('www-authenticate') ?? '';
      expect(header).toMatch(/^Bearer [\x20-\x7e]+$/);
      const { realm = given.audience, resourceMetadata } = given;
      expect(parseChallenge(header)).toEqual([
        expect.objectContaining({
          parameters: {
            realm,
            ...(resourceMetadata !== undefined && {
              resource_metadata: new URL(resourceMetadata).href,
            }),
          },
        }),
      ]);
      return true;
    },
  ));
