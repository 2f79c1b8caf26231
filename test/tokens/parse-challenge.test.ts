import { describe, expect, it } from 'vitest';
import { type Challenge, parseChallenge } from '../../src/index.ts';
import type { Anything } from '../support/refusals.ts';
import { failureOf } from '../support/relying-party.ts';

const challenge = (scheme: string, parameters: Record<string, string> = {}, more: object = {}) => ({
  scheme,
  parameters,
  ...more,
});
const bearer = (parameters: Record<string, string>, more: object = {}) =>
  challenge('bearer', parameters, more);

describe('a challenge', () => {
  it.each<[where: string, header: string, expected: object[]]>([
    ['RFC 6750', 'Bearer realm="example"', [bearer({ realm: 'example' })]],
    [
      'RFC 6750, an error',
      'Bearer realm="example",\n error="invalid_token",\n error_description="The access token expired"',
      [
        bearer(
          {
            realm: 'example',
            error: 'invalid_token',
            error_description: 'The access token expired',
          },
          { error: 'invalid_token' },
        ),
      ],
    ],
    [
      'RFC 9470',
      'Bearer error="insufficient_user_authentication", error_description="A different level", acr_values="myACR other", max_age="5"',
      [
        bearer(
          {
            error: 'insufficient_user_authentication',
            error_description: 'A different level',
            acr_values: 'myACR other',
            max_age: '5',
          },
          { error: 'insufficient_user_authentication', acrValues: 'myACR other', maxAge: 5 },
        ),
      ],
    ],
    [
      'RFC 9728',
      'Bearer resource_metadata="https://resource.example.com/.well-known/oauth-protected-resource"',
      [
        bearer(
          {
            resource_metadata: 'https://resource.example.com/.well-known/oauth-protected-resource',
          },
          { resourceMetadata: 'https://resource.example.com/.well-known/oauth-protected-resource' },
        ),
      ],
    ],
    [
      'RFC 9449, two schemes',
      'Bearer, DPoP algs="ES256 PS256"',
      [bearer({}), challenge('dpop', { algs: 'ES256 PS256' })],
    ],
    [
      'RFC 9449, a nonce',
      'dPoP error="use_dpop_nonce", error_description="Resource server requires nonce in DPoP proof"',
      [
        challenge(
          'dpop',
          {
            error: 'use_dpop_nonce',
            error_description: 'Resource server requires nonce in DPoP proof',
          },
          { error: 'use_dpop_nonce' },
        ),
      ],
    ],
    [
      'RFC 9110',
      'Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""',
      [
        challenge('basic', { realm: 'simple' }),
        challenge('newauth', { realm: 'apps', type: '1', title: 'Login to "apps"' }),
      ],
    ],
    ['Windows', 'Negotiate, NTLM', [challenge('negotiate'), challenge('ntlm')]],
    [
      'Kerberos',
      'Negotiate YIIJvwYGKwYBBQUCoIIJszCC==',
      [challenge('negotiate', {}, { token68: 'YIIJvwYGKwYBBQUCoIIJszCC==' })],
    ],
    [
      'Kerberos beside Bearer',
      'Negotiate oRQwEqADCgEB, Bearer error="invalid_token"',
      [
        challenge('negotiate', {}, { token68: 'oRQwEqADCgEB' }),
        bearer({ error: 'invalid_token' }, { error: 'invalid_token' }),
      ],
    ],
    [
      'Okta',
      'Bearer authorization_uri="http://example.okta.com/oauth2/v1/authorize", realm="http://example.okta.com", scope="openid", error="invalid_token", error_description="The access token is invalid", resource="/oauth2/v1/userinfo"',
      [
        bearer(
          {
            authorization_uri: 'http://example.okta.com/oauth2/v1/authorize',
            realm: 'http://example.okta.com',
            scope: 'openid',
            error: 'invalid_token',
            error_description: 'The access token is invalid',
            resource: '/oauth2/v1/userinfo',
          },
          { error: 'invalid_token', scope: 'openid' },
        ),
      ],
    ],
    [
      'Microsoft Graph',
      'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"',
      [
        bearer({
          realm: '',
          authorization_uri: 'https://login.microsoftonline.com/common/oauth2/authorize',
          client_id: '00000003-0000-0000-c000-000000000000',
        }),
      ],
    ],
    [
      'Microsoft, unquoted and quoted by turns',
      'Bearer client_id="7f", trusted_issuers="0001@*", token_types="app_asserted_user_v1 service_asserted_app_v1", authorization_uri=https://login.windows.net/common, error=invalid_token',
      [
        bearer(
          {
            client_id: '7f',
            trusted_issuers: '0001@*',
            token_types: 'app_asserted_user_v1 service_asserted_app_v1',
            authorization_uri: 'https://login.windows.net/common',
            error: 'invalid_token',
          },
          { error: 'invalid_token' },
        ),
      ],
    ],
    [
      'Spring Security',
      'Bearer error="invalid_token", error_description="Jwt expired at 2026-01-15T12:00:00Z", error_uri="https://tools.ietf.org/html/rfc6750#section-3.1"',
      [
        bearer(
          {
            error: 'invalid_token',
            error_description: 'Jwt expired at 2026-01-15T12:00:00Z',
            error_uri: 'https://tools.ietf.org/html/rfc6750#section-3.1',
          },
          { error: 'invalid_token' },
        ),
      ],
    ],
    [
      'API gateways: unquoted words',
      'Bearer error=invalid_token, error_description=The token has expired',
      [
        bearer(
          { error: 'invalid_token', error_description: 'The token has expired' },
          { error: 'invalid_token' },
        ),
      ],
    ],
    [
      'no comma between parameters',
      'Bearer realm="a" error="invalid_token" scope="a b"',
      [
        bearer(
          { realm: 'a', error: 'invalid_token', scope: 'a b' },
          { error: 'invalid_token', scope: 'a b' },
        ),
      ],
    ],
    [
      'no comma, no quotes',
      'Bearer error=invalid_token error_description=gone for good',
      [
        bearer(
          { error: 'invalid_token', error_description: 'gone for good' },
          { error: 'invalid_token' },
        ),
      ],
    ],
    [
      'no scheme at all',
      'error="invalid_token", error_description="expired"',
      [
        {
          parameters: { error: 'invalid_token', error_description: 'expired' },
          error: 'invalid_token',
        },
      ],
    ],
    [
      'spaces around the equals sign',
      'Bearer realm = "a" , error\t=\t"invalid_token"',
      [bearer({ realm: 'a', error: 'invalid_token' }, { error: 'invalid_token' })],
    ],
    [
      'names in capitals',
      'BEARER ERROR="invalid_token"',
      [bearer({ error: 'invalid_token' }, { error: 'invalid_token' })],
    ],
    [
      'a name twice',
      'Bearer error="invalid_token", error="other"',
      [bearer({ error: 'invalid_token' }, { error: 'invalid_token' })],
    ],
    [
      'single quotes',
      "Bearer error='invalid_token'",
      [bearer({ error: "'invalid_token'" }, { error: "'invalid_token'" })],
    ],
    [
      'a quote without end',
      'Bearer error="invalid_token',
      [bearer({ error: 'invalid_token' }, { error: 'invalid_token' })],
    ],
    [
      'commas and equals signs in quotes',
      'Bearer realm="a, b=\\"c\\", Basic d"',
      [bearer({ realm: 'a, b="c", Basic d' })],
    ],
    [
      'empty elements',
      ', ,Bearer realm="a",, ,Basic realm="b",',
      [bearer({ realm: 'a' }), challenge('basic', { realm: 'b' })],
    ],
    [
      'an empty value',
      'Bearer realm="a", error=, x=y',
      [bearer({ realm: 'a', error: '', x: 'y' })],
    ],
    ['an age that is none', 'Bearer max_age="soon"', [bearer({ max_age: 'soon' })]],
    ['a prototype', 'Bearer __proto__="a"', [challenge('bearer', JSON.parse('{"__proto__":"a"}'))]],
    ['a scheme alone', 'Bearer', [bearer({})]],
    ['stray signs', '= "" = Bearer', [challenge('bearer')]],
    ['nothing', '', []],
  ])('as %s writes it', (_, header, expected) => {
    expect(parseChallenge(header)).toEqual(expected);
  });

  it('is found in headers and in a response, several headers in order', () => {
    const headers = new Headers({ 'www-authenticate': 'Bearer error="invalid_token"' });
    headers.append('www-authenticate', 'DPoP algs="ES256"');
    const schemes = (found: Challenge[]) => found.map(({ scheme }) => scheme);
    expect(schemes(parseChallenge(headers))).toEqual(['bearer', 'dpop']);
    expect(schemes(parseChallenge(new Response(null, { status: 401, headers })))).toEqual([
      'bearer',
      'dpop',
    ]);
    expect(parseChallenge(new Response())).toEqual([]);
    expect(parseChallenge(null)).toEqual([]);
  });

  it('is frozen', () => {
    const [found] = parseChallenge('Bearer realm="a"');
    expect(Object.isFrozen(found) && Object.isFrozen(found?.parameters)).toBe(true);
  });

  it.each([undefined, 7, {}, [], true, { headers: {} }])('is not %o', async (header) => {
    expect(await failureOf(() => parseChallenge(header as Anything))).toMatchObject({
      code: 'invalid_option',
      option: 'header',
    });
  });

  it.each<[string, (size: number) => string]>([
    ['letters', (n) => 'a'.repeat(n)],
    ['spaces', (n) => `Bearer a=b${' '.repeat(n)}c`],
    ['words', (n) => `Bearer a=${'b '.repeat(n / 2)}`],
    ['words and spaces', (n) => `Bearer a=b${`${' '.repeat(100)}c`.repeat(n / 101)}`],
    // Each of them becomes a challenge.
    ['schemes', (n) => 'a '.repeat(n / 20)],
    ['commas', (n) => ','.repeat(n)],
    ['quotes', (n) => '"'.repeat(n)],
    ['backslashes', (n) => `Bearer a="${'\\'.repeat(n)}`],
    ['equals signs', (n) => `a b${'='.repeat(n)}x`],
    ['padded words', (n) => 'a b= '.repeat(n / 5)],
    ['parameters', (n) => `Bearer ${'a=b,'.repeat(n / 4)}`],
    ['a quote without end', (n) => `Bearer a="${'b'.repeat(n)}`],
  ])('takes time in proportion to it: %s', (_, make) => {
    const time = (size: number) => {
      const header = make(size);
      const runs = [1, 2, 3].map(() => {
        const started = performance.now();
        parseChallenge(header);
        return performance.now() - started;
      });
      return Math.min(...runs);
    };
    time(20_000);
    // Sixteen times as long: a square would take 256 times as much.
    expect(time(320_000) / Math.max(time(20_000), 0.2)).toBeLessThan(80);
  });
});
