import { html, json, redirect, text } from '../answers.ts';
import type { Fault, FaultTable } from '../faults.ts';
import { draftJwt, serializeJwt } from '../jws.ts';
import { newKey, publicJwk, rsaKey } from '../keys.ts';
import { mtlsAliases } from '../metadata.ts';
import { randomId } from '../random.ts';
import type { Answer, AuthenticationMethod, Endpoint, Op } from '../types.ts';
import { answering, single } from './shared.ts';

const documents: Endpoint[] = ['discovery', 'oauth-metadata'];

const endpointMembers = {
  authorization: 'authorization_endpoint',
  token: 'token_endpoint',
  jwks: 'jwks_uri',
  userinfo: 'userinfo_endpoint',
  par: 'pushed_authorization_request_endpoint',
  revocation: 'revocation_endpoint',
  introspection: 'introspection_endpoint',
  registration: 'registration_endpoint',
  'end-session': 'end_session_endpoint',
  device: 'device_authorization_endpoint',
  backchannel: 'backchannel_authentication_endpoint',
};

const methods: AuthenticationMethod[] = [
  'none',
  'client_secret_basic',
  'client_secret_post',
  'client_secret_jwt',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
];

/** Sections 3.7, 3.10, 5.7 and the metadata part of others: discovery and keys. */
export const metadataFaults: FaultTable = {
  'OK-03': single(member('id_token_signing_alg_values_supported', () => ['RS256'])),
  'DI-02': single({
    policy: { jwksSuffix: `-${randomId()}`, orderMatters: true },
    before: Object.fromEntries(
      (['jwks', 'authorization', 'token', 'userinfo', 'par'] as const).map((endpoint) => [
        endpoint,
        (_: unknown, { op }: { op: Op }) => {
          const seen = new Set(op.requests.map((request) => request.endpoint));
          if (!seen.has('discovery') && !seen.has('oauth-metadata')) {
            op.violate('DI-02', `${endpoint} was called before discovery`);
          }
          if (endpoint === 'userinfo' && !seen.has('jwks')) {
            op.violate('DI-02', 'userinfo was called before jwks');
          }
        },
      ]),
    ),
  }),
  'DI-03': single(member('issuer', (value) => `${String(value)}INVALID`)),
  'MX-09': single(answering(documents, (op) => redirect(`${op.elsewhere}${wellKnown(op.issuer)}`))),
  'PK-02': single(member('code_challenge_methods_supported', () => ['plain'])),
  'NA-07': {
    file: member('authorization_endpoint', () => 'file:///etc/passwd'),
    javascript: member('authorization_endpoint', () => 'javascript:alert(1)//'),
    http: member('authorization_endpoint', () => 'http://op.example/authorize'),
    shell: member('authorization_endpoint', (value) => `${String(value)}"&calc.exe&$(id)\`id\`|;'`),
  },
  'CA-01': single(onlyMethod('client_secret_basic')),
  'CA-02': Object.fromEntries(methods.map((method) => [method, onlyMethod(method)])),
  'CA-03': single(aliases()),
  'F2-06': single(aliases()),
  'MT-01': single({
    metadata: (metadata, { op }) => {
      const all = mtlsAliases(op);
      delete all['token_endpoint'];
      metadata['mtls_endpoint_aliases'] = all;
    },
  }),
  'MT-03': single(aliases()),
  'DP-10': single(member('dpop_signing_alg_values_supported', () => ['PS512'])),
  'MD-02': {
    missing: member('issuer', () => undefined),
    case: member('issuer', (value) => String(value).replace('http', 'HTTP')),
    slash: member('issuer', (value) =>
      String(value).endsWith('/') ? String(value).slice(0, -1) : `${String(value)}/`,
    ),
  },
  'MD-03': {
    authorization: member('authorization_endpoint', () => 'http://op.example/authorize'),
    token: member('token_endpoint', () => 'http://op.example/token'),
    jwks: member('jwks_uri', () => 'http://op.example/jwks'),
    userinfo: member('userinfo_endpoint', () => 'http://op.example/userinfo'),
    'issuer-query': member('issuer', (value) => `${String(value)}?a=b`),
    'issuer-fragment': member('issuer', (value) => `${String(value)}#f`),
  },
  'MD-04': {
    '404': answering(documents, () => html('<p>not found</p>', 404)),
    '500': answering(documents, () => html('<p>oops</p>', 500)),
    html: answering(documents, () => html('<p>sign in first</p>')),
    array: answering(documents, () => json([])),
    'invalid-json': answering(documents, () => text('{"issuer":', 'application/json')),
    'wrong-content-type': { answer: both((answer) => retype(answer, 'text/plain')) },
    huge: answering(documents, () => stream({ kind: 'huge', bytes: 50_000_000 })),
    endless: answering(documents, () => stream({ kind: 'endless' })),
    'no-answer': answering(documents, () => stream({ kind: 'no-answer' })),
  },
  'MD-05': Object.fromEntries(
    Object.entries(endpointMembers).map(([name, key]) => [name, member(key, () => undefined)]),
  ),
  'MD-06': {
    'unknown-members': {
      metadata: (metadata) => {
        metadata['unknown_member'] = { nested: [1, { deep: true }] };
        metadata['toString'] = 'not a function';
      },
    },
    proto: raw((json) =>
      json.replace(
        '{',
        '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},',
      ),
    ),
    'duplicate-keys': {
      metadataText: (holder, { op }) => {
        holder.text = holder.text.replace('{', `{"token_endpoint":"${op.elsewhere}/token",`);
      },
    },
  },
  'MD-07': {
    valid: {
      metadata: async (metadata, { op }) => {
        const payload = { iss: op.issuer, ...metadata };
        const alg = op.profile === 'fapi' ? (op.options.signingAlgorithm ?? 'PS256') : 'RS256';
        metadata['signed_metadata'] = await serializeJwt(draftJwt(op.keys, alg, payload));
      },
    },
    forged: {
      metadata: async (metadata, { op }) => {
        const key = await rsaKey('attacker');
        const payload = { ...metadata, iss: op.issuer, token_endpoint: `${op.elsewhere}/token` };
        const header = { alg: 'RS256', kid: 'attacker' };
        metadata['signed_metadata'] = await serializeJwt({ alg: 'RS256', header, payload, key });
      },
    },
  },
  'MD-08': {
    endpoints: { policy: { endpointSuffix: '-moved' } },
    issuer: member('issuer', () => 'https://new-issuer.example/'),
  },
  'MD-09': {
    down: answering(['jwks'], () => json({ error: 'unavailable' }, 503)),
    empty: answering(['jwks'], () => json({ keys: [] })),
    malformed: answering(['jwks'], () => json({ keys: 'none' })),
    'private-keys': {
      jwks: (set, { op }) => {
        for (const key of set.keys) {
          const owner = op.keys.all.find(({ kid }) => kid === key['kid']);
          Object.assign(key, owner?.privateKey.export({ format: 'jwk' }));
        }
      },
    },
    'ten-thousand': {
      jwks: (set) => {
        const jwk = publicJwk(newKey('Ed25519'));
        const many = Array.from({ length: 10_000 }, () => ({
          ...jwk,
          kid: randomId(),
          use: 'sig',
        }));
        set.keys = [...many, ...set.keys];
      },
    },
    'duplicate-kid': {
      jwks: async (set) => {
        const stranger = publicJwk(await rsaKey('extra'));
        const rsa = set.keys.filter((key) => key['kty'] === 'RSA' && key['use'] === 'sig');
        set.keys.unshift(...rsa.map((key) => ({ ...stranger, kid: key['kid'], use: 'sig' })));
      },
    },
  },
};

function member(name: string, make: (value: unknown) => unknown): Fault {
  return {
    metadata: (metadata) => {
      const value = make(metadata[name]);
      if (value === undefined) delete metadata[name];
      else metadata[name] = value;
    },
  };
}

function raw(change: (json: string) => string): Fault {
  return {
    metadataText: (holder) => {
      holder.text = change(holder.text);
    },
  };
}

function onlyMethod(method: string): Fault {
  return {
    ...member('token_endpoint_auth_methods_supported', () => [method]),
    policy: { authenticationMethod: method },
  };
}

function aliases(): Fault {
  return {
    metadata: (metadata, { op }) => {
      metadata['mtls_endpoint_aliases'] = mtlsAliases(op);
    },
  };
}

function both(hook: (answer: Answer) => void): NonNullable<Fault['answer']> {
  return { discovery: hook, 'oauth-metadata': hook };
}

function retype(answer: Answer, type: string): void {
  answer.headers = answer.headers.map(([name, value]) => [
    name,
    name === 'content-type' ? type : value,
  ]);
}

function stream(body: Answer['body']): Answer {
  return { status: 200, headers: [['content-type', 'application/json']], body };
}

function wellKnown(issuer: string): string {
  return `${new URL(issuer).pathname.replace(/\/$/, '')}/.well-known/openid-configuration`;
}
