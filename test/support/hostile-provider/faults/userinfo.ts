import { json, parsedBody, replace, text } from '../answers.ts';
import type { Fault, FaultTable } from '../faults.ts';
import { draftJwt, encode, serializeJwt } from '../jws.ts';
import { rsaKey } from '../keys.ts';
import { endpointUrl } from '../metadata.ts';
import type { ClientRegistration, Json, JwtDraft } from '../types.ts';
import { answering, refusing, single, spoil, unsigned } from './shared.ts';

const innerClaims = { address: { locality: 'Elsewhere' }, phone_number: '+1 (310) 123-4567' };
const aggregatedNames = { address: 'src1', phone_number: 'src1' };

/** Sections 3.1, 3.6 and 5.8: the UserInfo answer. */
export const userinfoFaults: FaultTable = {
  'OK-04': {
    header: { policy: { userinfoToken: 'header' } },
    body: { policy: { userinfoToken: 'body' } },
  },
  'OK-05': single(aggregated(() => Promise.resolve(unsignedJwt()))),
  'OK-06': single(distributed((_, url) => url)),
  'UI-01': single({
    userinfo: (body) => {
      body['sub'] = `${String(body['sub'])}invalid`;
    },
  }),
  'UI-02': single({}),
  'OC-16': {
    'sub-missing': {
      userinfo: (body) => {
        delete body['sub'];
      },
    },
    array: answering(['userinfo'], () => json([])),
    string: answering(['userinfo'], () => json('a string')),
    jwt: unasked(() => undefined),
    'jwt-none': unasked(unsigned),
    'jwt-iss': unasked((token) => spoil(token, 'iss')),
    'jwt-aud': unasked((token) => spoil(token, 'aud')),
    '401': refusing(['userinfo'], () =>
      json({ error: 'invalid_token' }, 401, [
        [
          'www-authenticate',
          'Bearer realm="userinfo", error="invalid_token", error_description="expired"',
        ],
      ]),
    ),
    '403': refusing(['userinfo'], () =>
      json({ error: 'insufficient_scope' }, 403, [
        [
          'www-authenticate',
          'Bearer realm="userinfo", error="insufficient_scope", scope="openid profile"',
        ],
      ]),
    ),
  },
  'OC-21': {
    unsigned: aggregated(() => Promise.resolve(unsignedJwt())),
    'unknown-issuer': aggregated(attackerJwt),
    'http-endpoint': distributed(() => 'http://claims.example/claims'),
    'internal-host': distributed((elsewhere) => `${elsewhere}/claims`),
  },
};

function unsignedJwt(): string {
  return `${encode('{"alg":"none"}')}.${encode(JSON.stringify(innerClaims))}.`;
}

async function attackerJwt(): Promise<string> {
  const key = await rsaKey('attacker');
  const header = { alg: 'RS256', kid: 'attacker' };
  const payload = { iss: 'https://unknown-issuer.example', ...innerClaims };
  return serializeJwt({ alg: 'RS256', header, payload, key });
}

function aggregated(make: () => Promise<string>): Fault {
  return {
    userinfo: async (body) => {
      delete body['address'];
      delete body['phone_number'];
      body['_claim_names'] = aggregatedNames;
      body['_claim_sources'] = { src1: { JWT: await make() } };
    },
  };
}

function distributed(endpoint: (elsewhere: string, own: string) => string): Fault {
  return {
    userinfo: (body, { op }) => {
      const source = {
        endpoint: endpoint(op.elsewhere, endpointUrl(op, 'claims')),
        access_token: 'distributed-claims-token',
      };
      body['_claim_names'] = { shoe_size: 'src1', eye_color: 'src1' };
      body['_claim_sources'] = { src1: source };
    },
  };
}

/** A JWT though the client registered plain JSON; with one that did not, only `bend` shows. */
function unasked(bend: (token: JwtDraft) => void): Fault {
  return {
    userinfo: (_, { client, memory }) => void memory.set('client', client),
    userinfoToken: (token) => bend(token),
    answer: {
      userinfo: async (answer, { op, memory }) => {
        const client = memory.get('client') as ClientRegistration | undefined;
        if (!client || client.userinfo_signed_response_alg || answer.status !== 200) return;
        const payload: Json = { iss: op.issuer, aud: client.client_id, ...parsedBody(answer) };
        const alg = op.profile === 'fapi' ? (op.options.signingAlgorithm ?? 'PS256') : 'RS256';
        const draft = draftJwt(op.keys, alg, payload, client);
        bend(draft);
        replace(answer, text(await serializeJwt(draft), 'application/jwt'));
      },
    },
  };
}
