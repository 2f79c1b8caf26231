import type { Fault, FaultTable } from '../faults.ts';
import { claims, single, spoil } from './shared.ts';

const week = 7 * 24 * 3600;

/** Sections 3.2 to 3.4: claims of the ID Token, its nonce and its hashes. */
export const idTokenFaults: FaultTable = {
  'IDC-01': single({ idToken: (token) => spoil(token, 'iss') }),
  'IDC-02': single(without('iss')),
  'IDC-03': single(without('sub')),
  'IDC-04': single({ idToken: (token) => spoil(token, 'aud') }),
  'IDC-05': single(without('aud')),
  'IDC-06': single({
    idToken: (token) => {
      claims(token)['aud'] = [claims(token)['aud']];
    },
  }),
  'IDC-07': single({
    idToken: (token, { client }) => {
      claims(token)['aud'] = [client?.client_id, `${client?.client_id}1`];
    },
  }),
  'IDC-08': single(without('iat')),
  'IDC-09': single({
    idToken: (token, { op, value }) => {
      claims(token)['iat'] = op.now() - Number(value ?? week);
    },
  }),
  'IDC-10': single({
    idToken: (token, { op, value }) => {
      claims(token)['exp'] = op.now() - Number(value ?? 360);
    },
  }),
  'IDC-11': single(without('exp')),
  'IDC-12': single(without('at_hash')),
  'IDC-13': single({
    idToken: (token) => {
      claims(token)['openbanking_intent_id'] = 'urn:altered-intent';
    },
  }),
  'NS-02': single({
    idToken: (token, { grant, stage }) => {
      if (stage !== 'refresh') claims(token)['nonce'] = `${grant?.nonce ?? 'null'}1`;
    },
  }),
  'NS-03': single(without('nonce')),
  'HA-01': hash('at_hash'),
  'HA-02': hash('c_hash'),
  'HA-03': hash('s_hash'),
  'RT-02': single(refreshed('iss')),
  'RT-03': single(refreshed('sub')),
};

function without(claim: string): Fault {
  return {
    idToken: (token) => {
      delete claims(token)[claim];
    },
  };
}

/** Only in the front channel, where the hash is what binds the parts of the response. */
function hash(claim: string): Record<string, Fault> {
  return {
    invalid: {
      idToken: (token, { stage }) => {
        if (stage === 'authorization') spoil(token, claim);
      },
    },
    missing: {
      idToken: (token, { stage }) => {
        if (stage === 'authorization') delete claims(token)[claim];
      },
    },
  };
}

function refreshed(claim: string): Fault {
  return {
    idToken: (token, { stage }) => {
      if (stage === 'refresh') spoil(token, claim);
    },
  };
}
