/** An answer that tells something back, in a place where a careless client would print it. */
export type Echo = (told: string) => Response;

const json = (body: object, status: number, headers: Record<string, string> = {}) =>
  Response.json(body, { status, headers });
/** What a header can carry. */
const ascii = (text: string) => text.replace(/[^\x20-\x7e]/g, '?');
const quoted = (text: string) => ascii(text).replace(/["\\]/g, '\\$&');
const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const unsigned = (claims: object) => `${encoded({ alg: 'none' })}.${encoded(claims)}.`;
/** Good up to its signature, but for what is said here. */
const looksSigned = (claims: object, header: object = {}) => {
  const good = { iss: 'https://login.example', aud: 'app', sub: '1', exp: 9e9, iat: 1 };
  return `${encoded({ alg: 'RS256', ...header })}.${encoded({ ...good, ...claims })}.c2ln`;
};
const issued = { access_token: 'issued', token_type: 'Bearer', expires_in: 60 };

export const echoes: Readonly<Record<string, Echo>> = {
  'the description': (told) =>
    json({ error: 'invalid_request', error_description: `you sent ${told}` }, 400),
  'the error': (told) => json({ error: told }, 400),
  'the error URI': (told) =>
    json({ error: 'invalid_request', error_uri: `https://login.example/?${told}` }, 400),
  'an error with 200': (told) => json({ error: 'invalid_grant', error_description: told }, 200),
  'a server error': (told) => json({ error: 'server_error', error_description: told }, 503),
  'a challenge': (told) =>
    new Response(null, {
      status: 401,
      headers: {
        'www-authenticate': `Bearer realm="${quoted(told)}", error="invalid_token", error_description="${quoted(told)}"`,
      },
    }),
  'a DPoP nonce': (told) =>
    json({ error: 'use_dpop_nonce' }, 400, { 'dpop-nonce': `"${ascii(told)}"` }),
  'an error page': (told) => new Response(`<p>${told}</p>`, { status: 500 }),
  'a page with 200': (told) => new Response(`<p>${told}</p>`),
  'a redirect': (told) =>
    new Response(null, {
      status: 302,
      headers: { location: `https://login.example/?${encodeURIComponent(told)}` },
    }),
  'the content type': (told) =>
    new Response('{}', { headers: { 'content-type': `text/${encodeURIComponent(told)}` } }),
  'a JWT': (told) =>
    new Response(unsigned({ iss: told, sub: told, aud: told, active: told }), {
      headers: { 'content-type': 'application/jwt' },
    }),
  'wrong members': (told) =>
    json(
      {
        ...{ access_token: { told }, token_type: [told], expires_in: told, scope: { told } },
        ...{ request_uri: { told }, sub: [told], active: told, client_id: { told } },
        ...{ device_code: { told }, auth_req_id: [told] },
      },
      200,
    ),
  'the type of the token': (told) => json({ ...issued, token_type: told }, 200),
  ...Object.fromEntries(
    ['iss', 'aud', 'azp', 'sub', 'nonce', 'at_hash', 'exp', 'iat', 'auth_time', 'acr'].map(
      (claim): [string, Echo] => [
        `the ${claim} of the ID token`,
        (told) => json({ ...issued, id_token: looksSigned({ [claim]: told }) }, 200),
      ],
    ),
  ),
  'the audiences of the ID token': (told) =>
    json({ ...issued, id_token: looksSigned({ aud: ['app', told], azp: 'app' }) }, 200),
  'the type of the ID token': (told) =>
    json({ ...issued, id_token: looksSigned({}, { typ: told, kid: told }) }, 200),
  'the algorithm of the ID token': (told) =>
    json({ ...issued, id_token: `${encoded({ alg: told, typ: told })}.${encoded({})}.c2ln` }, 200),
  'what to show': (told) =>
    json(
      {
        ...{ device_code: 'd', user_code: `\n${told}`, verification_uri: `x:${told}` },
        ...{ expires_in: 60, request_uri: 7, sub: 7 },
      },
      200,
    ),
  'a network failure': (told) => {
    throw Object.assign(new TypeError(told, { cause: new Error(told) }), { code: told, told });
  },
};
