import type { Fault, FaultTable } from '../faults.ts';
import { randomId } from '../random.ts';
import type { Json } from '../types.ts';
import { claims, resign, single, spoil, unsigned } from './shared.ts';

/** Sections 3.12 and 5.8: logout tokens, and the way back from the end-session endpoint. */
export const logoutFaults: FaultTable = {
  'LO-02': single({}),
  'LO-03': single({}),
  'LO-05': single({ logoutToken: unsigned }),
  'LO-06': single({
    logoutToken: (token, { op }) => resign(op, token, token.alg === 'RS256' ? 'ES256' : 'RS256'),
  }),
  'LO-07': {
    iss: { logoutToken: (token) => spoil(token, 'iss', 'INVALID') },
    aud: { logoutToken: (token) => spoil(token, 'aud', 'INVALID') },
  },
  'LO-08': {
    absent: changed((payload) => {
      delete payload['events'];
    }),
    wrong: changed((payload) => {
      payload['events'] = { 'http://schemas.openid.net/event/foobar': {} };
    }),
  },
  'LO-09': single(
    changed((payload) => {
      payload['nonce'] = randomId();
    }),
  ),
  'OC-22': {
    'jti-replayed': {
      logoutToken: (token, { op }) => {
        claims(token)['jti'] = `replayed-${op.id}`;
      },
    },
    'exp-past': {
      logoutToken: (token, { op }) => {
        claims(token)['exp'] = op.now() - 360;
      },
    },
    'iat-old': {
      logoutToken: (token, { op }) => {
        claims(token)['iat'] = op.now() - 7 * 24 * 3600;
      },
    },
    'no-sub-no-sid': changed((payload) => {
      delete payload['sub'];
      delete payload['sid'];
    }),
    'unknown-session': changed((payload) => {
      delete payload['sub'];
      payload['sid'] = 'no such session';
    }),
    'typ-wrong': {
      logoutToken: (token) => {
        token.header['typ'] = 'at+jwt';
      },
    },
    'id-token': changed((payload) => {
      delete payload['events'];
      delete payload['jti'];
      payload['nonce'] = randomId();
    }),
  },
};

function changed(change: (payload: Json) => void): Fault {
  return { logoutToken: (token) => change(claims(token)) };
}
