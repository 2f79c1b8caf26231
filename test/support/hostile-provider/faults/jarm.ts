import type { FaultTable } from '../faults.ts';
import { claims, spoil, unsigned } from './shared.ts';

/** Section 3.14: the signed authorization response. */
export const jarmFaults: FaultTable = {
  'MS-01': {
    missing: {
      jarm: (token) => {
        delete claims(token)['iss'];
      },
    },
    invalid: { jarm: (token) => spoil(token, 'iss') },
  },
  'MS-02': {
    missing: {
      jarm: (token) => {
        delete claims(token)['aud'];
      },
    },
    invalid: { jarm: (token) => spoil(token, 'aud') },
  },
  'MS-03': {
    missing: {
      jarm: (token) => {
        delete claims(token)['exp'];
      },
    },
    expired: {
      jarm: (token, { op }) => {
        claims(token)['exp'] = op.now() - 360;
      },
    },
  },
  'MS-04': {
    corrupted: {
      jarm: (token) => {
        token.corrupt = true;
      },
    },
    none: { jarm: unsigned },
  },
};
