import type { Fault, FaultTable } from '../faults.ts';
import type { Op } from '../types.ts';
import { claims, single, spoil } from './shared.ts';

/** Section 5.8: what the specifications ask of ID Token claims beyond the suite. */
export const idTokenDetailFaults: FaultTable = {
  'OC-01': {
    'azp-other': set('azp', () => 'another-client'),
    'extra-audience': {
      idToken: (token, { client }) => {
        claims(token)['aud'] = [client?.client_id, 'untrusted-audience'];
        claims(token)['azp'] = client?.client_id;
      },
    },
  },
  'OC-07': Object.fromEntries(
    ['exp', 'iat', 'nbf', 'auth_time'].flatMap((claim) =>
      ['string', 'negative', 'fraction', 'huge', 'nan'].map((shape) => [
        `${claim}-${shape}`,
        oddTime(claim, shape),
      ]),
    ),
  ),
  'OC-08': {
    'nbf-future': set('nbf', (op, value) => op.now() + Number(value ?? 3600)),
    'iat-future': set('iat', (op, value) => op.now() + Number(value ?? 3600)),
  },
  'OC-09': {
    missing: remove('auth_time'),
    old: {
      idToken: (token, { op, grant, value }) => {
        claims(token)['auth_time'] = op.now() - (grant?.maxAge ?? 0) - Number(value ?? 600);
      },
    },
    zero: set('auth_time', (op, value) => op.now() - Number(value ?? 300)),
  },
  'OC-10': { missing: remove('acr'), other: set('acr', () => 'urn:other:acr') },
  'OC-12': {
    iss: second((token) => spoil(token, 'iss')),
    sub: second((token) => spoil(token, 'sub')),
    nonce: second((token) => spoil(token, 'nonce')),
  },
  'OC-13': single(second((token) => spoil(token, 'at_hash'))),
  'OC-14': {
    'sub-empty': set('sub', () => ''),
    'sub-number': set('sub', () => 248289761001),
    'sub-long': set('sub', () => 'a'.repeat(256)),
    'nonce-number': set('nonce', () => 12345),
    'aud-number': set('aud', () => 12345),
    'aud-object': set('aud', () => ({ client: 's6BhdRkqt3' })),
    'payload-array': text('[]'),
    'payload-string': text('"a string"'),
    'payload-null': text('null'),
  },
  'OC-15': {
    aud: refreshed((token) => spoil(token, 'aud')),
    azp: refreshed((token) => {
      claims(token)['azp'] = 'another-client';
    }),
    'auth-time': {
      idToken: (token, { op, stage, grant }) => {
        const original = grant?.authTime ?? op.now();
        claims(token)['auth_time'] = stage === 'refresh' ? original + 60 : original;
      },
    },
    nonce: refreshed((token) => {
      claims(token)['nonce'] = 'a-foreign-nonce';
    }),
    absent: {
      tokenResponse: (body, { stage }) => {
        if (stage === 'refresh') delete body['id_token'];
      },
    },
  },
};

function set(claim: string, make: (op: Op, value: string | undefined) => unknown): Fault {
  return {
    idToken: (token, { op, value }) => {
      claims(token)[claim] = make(op, value);
    },
  };
}

function remove(claim: string): Fault {
  return {
    idToken: (token) => {
      delete claims(token)[claim];
    },
  };
}

function text(payload: string): Fault {
  return {
    idToken: (token) => {
      token.text = payload;
    },
  };
}

type IdTokenHook = NonNullable<Fault['idToken']>;

/** Only the ID Token of the token endpoint. */
function second(change: IdTokenHook): Fault {
  return {
    idToken: (token, context) => (context.stage === 'token' ? change(token, context) : undefined),
  };
}

function refreshed(change: IdTokenHook): Fault {
  return {
    idToken: (token, context) => (context.stage === 'refresh' ? change(token, context) : undefined),
  };
}

function oddTime(claim: string, shape: string): Fault {
  return {
    idToken: (token, { op }) => {
      const usual = op.now() + (claim === 'exp' ? 300 : 0);
      const odd: Record<string, unknown> = {
        string: String(usual),
        negative: -1,
        fraction: usual + 0.5,
        huge: 1e30,
        nan: 'NaN',
      };
      claims(token)[claim] = odd[shape];
      if (shape === 'nan') token.text = JSON.stringify(token.payload).replace('"NaN"', 'NaN');
    },
  };
}
