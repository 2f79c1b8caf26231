import { html, json, redirect, text } from '../answers.ts';
import type { Fault, FaultTable } from '../faults.ts';
import { endpointUrl } from '../metadata.ts';
import type { Endpoint, Op } from '../types.ts';
import { answering, claims, refusing, single, spoil, unsigned } from './shared.ts';

/** Sections 5.4 and 5.11: redirecting endpoints, revocation, introspection. */
export const endpointFaults: FaultTable = {
  'RL-04': Object.fromEntries(
    [307, 308, 301, 302].map((status) => [String(status), sentElsewhere('token', status)]),
  ),
  'RL-07': {
    jwks: sentElsewhere('jwks', 302),
    discovery: {
      before: {
        ...sentElsewhere('discovery', 302).before,
        ...sentElsewhere('oauth-metadata', 302).before,
      },
    },
    userinfo: sentElsewhere('userinfo', 307),
    introspection: sentElsewhere('introspection', 307),
    revocation: sentElsewhere('revocation', 307),
  },
  'RV-01': {
    empty: {},
    html: answering(['revocation'], () => html('<p>gone</p>')),
    json: answering(['revocation'], () => json({ revoked: true })),
    'invalid-json': answering(['revocation'], () => text('{"revoked":', 'application/json')),
  },
  'RV-02': {
    unsupported_token_type: refusing(['revocation'], () =>
      json({ error: 'unsupported_token_type', error_description: 'not that kind' }, 400),
    ),
    '503': refusing(['revocation'], () => ({
      ...html('<p>later</p>', 503),
      headers: [['retry-after', '7']],
    })),
    '401': refusing(['revocation'], () =>
      json({ error: 'invalid_client' }, 401, [['www-authenticate', 'Basic realm="provider"']]),
    ),
  },
  'IN-01': single({
    introspection: (body, { op }) => {
      body['active'] = false;
      body['sub'] = 'somebody';
      body['scope'] = 'admin';
      body['exp'] = op.now() + 3600;
    },
  }),
  'IN-02': {
    missing: introspected((body) => {
      delete body['active'];
    }),
    string: introspected((body) => {
      body['active'] = 'true';
    }),
    number: introspected((body) => {
      body['active'] = 1;
    }),
  },
  'IN-03': {
    exp: introspected((body, { op }) => {
      body['exp'] = op.now() - 3600;
    }),
    nbf: introspected((body, { op }) => {
      body['nbf'] = op.now() + 3600;
    }),
    iss: introspected((body) => {
      body['iss'] = 'https://issuer-b.example/';
    }),
    aud: introspected((body) => {
      body['aud'] = 'https://another-api.example';
    }),
  },
  'IN-04': {
    signed: {},
    typ: {
      introspectionToken: (token) => {
        token.header['typ'] = 'JWT';
      },
    },
    signature: {
      introspectionToken: (token) => {
        token.corrupt = true;
      },
    },
    iss: { introspectionToken: (token) => spoil(token, 'iss') },
    aud: { introspectionToken: (token) => spoil(token, 'aud') },
    'alg-none': {
      introspectionToken: (token) => {
        const typ = token.header['typ'];
        unsigned(token);
        token.header['typ'] = typ;
      },
    },
    'id-token': {
      introspectionToken: (token, { op }) => {
        token.header['typ'] = 'JWT';
        token.payload = { ...claims(token), sub: 'somebody', exp: op.now() + 300 };
      },
    },
  },
  'IN-05': {
    '401': refusing(['introspection'], () =>
      json({ error: 'invalid_client' }, 401, [['www-authenticate', 'Basic realm="provider"']]),
    ),
    '403': refusing(['introspection'], () => json({ error: 'access_denied' }, 403)),
    '500': refusing(['introspection'], () => html('<p>oops</p>', 500)),
    html: refusing(['introspection'], () => html('<p>sign in first</p>')),
  },
};

function introspected(change: NonNullable<Fault['introspection']>): Fault {
  return { introspection: change };
}

/** The same endpoint on the other origin, which would answer if it were asked. */
function sentElsewhere(endpoint: Endpoint, status: number): Fault {
  return refusing([endpoint], (op) => redirect(elsewhereUrl(op, endpoint), status));
}

function elsewhereUrl(op: Op, endpoint: Endpoint): string {
  if (endpoint === 'discovery') {
    return `${op.elsewhere}${new URL(op.base).pathname.replace(/\/$/, '')}/.well-known/openid-configuration`;
  }
  if (endpoint === 'oauth-metadata') {
    return `${op.elsewhere}/.well-known/oauth-authorization-server${new URL(op.issuer).pathname}`;
  }
  return endpointUrl(op, endpoint).replace(op.origin, op.elsewhere);
}
