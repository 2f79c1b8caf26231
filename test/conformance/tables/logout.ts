import { expect } from 'vitest';
import {
  createAuthorizationRequest,
  createLogoutRequest,
  handleAuthorizationResponse,
  isFrontchannelLogout,
  type LogoutTokenClaims,
  refreshTokenGrant,
  validateLogoutToken,
} from '../../../src/index.ts';
import type { HostileProvider } from '../../support/hostile-provider/index.ts';
import { hostileCallback, hostileClientId } from '../../support/relying-party.ts';
import { afterwards, doing, type SignInOptions, signIn } from '../kit/acts.ts';
import { accepts, invalid, refuses, type Table } from '../kit/case.ts';
import { exchanged, verified } from '../kit/flows.ts';
import {
  answeredTo,
  framed,
  holdsEnded,
  holdsRefused,
  returned,
  type SignedOut,
  sidOf,
  signedOut,
  signingOut,
} from '../kit/logout-acts.ts';

const at = { provider: 'logging-out' } as const satisfies SignInOptions;
const state = 'the state of this sign-out';
const there = ['end-session'] as const;
const logoutToken = (name: string) => invalid(`logout_token.${name}`);

const byUrl = signingOut('logout by URL', { options: { state } });
const byForm = signingOut('logout by form', { options: { state }, by: 'form' });
const withoutState = signingOut('logout without state');
const warm = signingOut('back-channel logout');
const cold = signingOut('back-channel logout, just started', { isCold: true });

/** What the person brings back says whether it belongs to the request that the application made. */
const isOwnReturn = (result: SignedOut) =>
  returned(result).place === signedOut && returned(result).state === state;

/** The way back from a sign-out is no way in. */
const returnAsSignIn = (name: string, options: object) =>
  afterwards(name, at, async ({ client, tokens }, op) => {
    const { url } = await createLogoutRequest(client, {
      idTokenHint: tokens.idToken,
      postLogoutRedirectUri: signedOut,
      ...options,
    });
    const { location } = await op.visit(url);
    const { transaction } = await createAuthorizationRequest(client, {
      redirectUri: hostileCallback,
    });
    return handleAuthorizationResponse(client, transaction, new URL(location ?? ''));
  });
const answerState = invalid('authorization_response.state');

const validating = afterwards('logout token', at, async (signedIn, op) =>
  validateLogoutToken(signedIn.client, await op.logoutToken({ sid: sidOf(signedIn) })),
);

/** The whole way to a 400 with the session alive, and the check that says why. */
const refused = (fault: string, check: string) => [
  refuses(fault, validating, logoutToken(check), []),
  accepts(fault, warm, there, holdsRefused),
];
const refusedFromStart = (fault: string, check: string) => [
  ...refused(fault, check),
  accepts(fault, cold, [...there, 'discovery', 'jwks'], holdsRefused),
];

const front = { frontchannel_logout_uri: 'https://rp.example/frontchannel?tenant=blue' };
const withSession = { ...front, frontchannel_logout_session_required: true };
const frontChannel = signingOut('front-channel logout', { registered: withSession });
const frontChannelBare = signingOut('front-channel logout, no session named', {
  registered: front,
});
const unasked = doing('front-channel logout that the provider starts', at, async (client, op) => {
  const registration = op.clients.get(hostileClientId);
  op.clients.set(hostileClientId, { ...registration, ...withSession } as never);
  try {
    const signedIn = await signIn(op, client, { use: 'nothing' });
    return { ...signedIn, url: op.frontchannelLogoutUrl(hostileClientId, sidOf(signedIn)) };
  } finally {
    op.clients.set(hostileClientId, registration as never);
  }
});

/** The frame's URL, as somebody else would have it. */
const foreign: [name: string, change: (url: URL, sid: string) => void][] = [
  ['of another issuer', ({ searchParams }) => searchParams.set('iss', 'https://other.example/')],
  ['of no issuer', ({ searchParams }) => searchParams.delete('iss')],
  ['of another session', ({ searchParams }) => searchParams.set('sid', 'of somebody else')],
  ['of no session', ({ searchParams }) => searchParams.delete('sid')],
  ['of neither', (url) => Object.assign(url, { search: '' })],
  ['of two sessions', ({ searchParams }) => searchParams.append('sid', 'of somebody else')],
  ['of the same session twice', ({ searchParams }, sid) => searchParams.append('sid', sid)],
  ['of two issuers', ({ searchParams }) => searchParams.append('iss', 'https://other.example/')],
];

const twice = afterwards('the same jti twice', at, async (signedIn, op) => {
  const ended: LogoutTokenClaims[] = [];
  const token = await op.logoutToken({ sid: sidOf(signedIn) });
  const again = await op.logoutToken({ sid: sidOf(signedIn) });
  const statuses = [];
  for (const one of [token, again, token]) {
    statuses.push((await answeredTo(signedIn, one, ended)).status);
  }
  return { statuses, ended };
});
const unknownSession = afterwards('unknown session', at, async (signedIn, op) => {
  const ended: LogoutTokenClaims[] = [];
  const { status } = await answeredTo(signedIn, await op.logoutToken(), ended);
  return { status, sids: ended.map(({ sid }) => sid) };
});
const idTokenAsLogoutToken = afterwards('an ID token for a logout token', at, async (signedIn) => {
  const ended: LogoutTokenClaims[] = [];
  const { status } = await answeredTo(signedIn, signedIn.tokens.idToken ?? '', ended);
  return { status, ended };
});

/** A token endpoint that puts a logout token where the ID token belongs. */
const swapping = {
  ...at,
  client: (op: HostileProvider) => ({
    fetch: async (url: string, init: RequestInit) => {
      const response = await fetch(url, init);
      if (!url.endsWith('/token')) return response;
      const answer = await response.json();
      return Response.json({ ...answer, id_token: await op.logoutToken({ sid: 's1' }) });
    },
  }),
} satisfies SignInOptions;
const logoutTokenAsIdToken = doing('a logout token for an ID token', swapping, (client, op) =>
  signIn(op, client),
);
const logoutTokenAsRenewed = afterwards(
  'a logout token for a refreshed ID token',
  at,
  async ({ tokens }, op) => {
    const made = doing('', swapping, (swapped) => refreshTokenGrant(swapped, tokens));
    return made.run({ op, inject: () => {} });
  },
);

/** Sections 3.12 and 5.8: signing out, started here and elsewhere. */
export const logout: Table = [
  ...[byUrl, byForm].map((act) =>
    accepts('LO-01', act, there, (result, op) => {
      holdsEnded(result);
      expect(isOwnReturn(result)).toBe(true);
      expect(Object.fromEntries(op.requests[0]?.params ?? [])).toEqual({
        client_id: result.client.clientId,
        id_token_hint: result.tokens.idToken,
        post_logout_redirect_uri: signedOut,
        state,
      });
    }),
  ),
  accepts('LO-01', { ...byForm, name: 'logout by form, out of sight' }, there, (_result, op) => {
    // The ID token stays out of the address bar, the history and the logs.
    expect(op.requests[0]).toMatchObject({ method: 'POST', url: `${op.issuer}end-session` });
  }),
  accepts('LO-01', withoutState, there, (result) => {
    holdsEnded(result);
    expect(returned(result)).toEqual({ place: signedOut, state: null });
  }),
  accepts(
    'LO-01',
    signingOut('logout, no way back', { options: { postLogoutRedirectUri: undefined } }),
    there,
    (result) => {
      holdsEnded(result);
      expect(result.page).toMatchObject({ status: 200, location: undefined });
    },
  ),
  ...[byUrl, byForm].flatMap((act) => [
    accepts('LO-02', act, there, (result) => {
      holdsEnded(result);
      expect(isOwnReturn(result)).toBe(false);
      expect(returned(result)).toEqual({ place: signedOut, state: `${state}_INVALID` });
    }),
    accepts('LO-03', act, there, (result) => {
      holdsEnded(result);
      expect(isOwnReturn(result)).toBe(false);
      expect(returned(result)).toEqual({ place: signedOut, state: null });
    }),
  ]),
  accepts('LO-02', withoutState, there, (result) => expect(returned(result).state).toBeNull()),
  refuses('LO-02', returnAsSignIn('return as an answer', { state }), answerState, there),
  refuses('LO-03', returnAsSignIn('return as an answer', { state }), answerState, there),

  accepts('LO-04', warm, there, holdsEnded),
  accepts('LO-04', cold, [...there, 'discovery', 'jwks'], holdsEnded),
  accepts('LO-04', validating, [], (claims, op) => {
    expect(claims).toMatchObject({ iss: op.issuer, sub: op.subject, sid: expect.any(String) });
  }),
  ...refusedFromStart('LO-05', 'alg'),
  ...refusedFromStart('LO-06', 'alg'),
  ...refused('LO-07/iss', 'iss'),
  ...refused('LO-07/aud', 'aud'),
  ...refused('LO-08/absent', 'events'),
  ...refused('LO-08/wrong', 'events'),
  ...refused('LO-09', 'nonce'),

  accepts('LO-10', frontChannel, there, (result) => {
    holdsEnded(result);
    const session = { sid: sidOf(result) };
    const url = framed(result);
    expect(url.searchParams.get('tenant')).toBe('blue');
    expect(isFrontchannelLogout(result.client, url, session)).toBe(true);
    expect(isFrontchannelLogout(result.client, new Request(url), session)).toBe(true);
  }),
  // Anybody can load a page that names no session.
  accepts('LO-10', frontChannelBare, there, (result) => {
    const session = { sid: sidOf(result) };
    expect(isFrontchannelLogout(result.client, framed(result), session)).toBe(false);
  }),
  accepts('LO-10', unasked, verified, (result) => {
    const { client, tokens, url } = result;
    expect(isFrontchannelLogout(client, url, { sid: sidOf({ tokens }) })).toBe(true);
  }),

  ...foreign.map(([name, change]) =>
    accepts('OC-23', { ...frontChannel, name: `front-channel logout ${name}` }, there, (result) => {
      const session = { sid: sidOf(result) };
      const url = framed(result);
      change(url, sidOf(result));
      expect(isFrontchannelLogout(result.client, url, session)).toBe(false);
      expect(isFrontchannelLogout(result.client, new Request(url), session)).toBe(false);
    }),
  ),
  // Browsers keep cookies out of foreign frames: there is no session to be found then.
  accepts(
    'OC-23',
    { ...frontChannel, name: 'front-channel logout, no cookie' },
    there,
    (result) => {
      for (const session of [{}, { sid: undefined }, { sid: '' }, { sid: null }]) {
        expect(isFrontchannelLogout(result.client, framed(result), session)).toBe(false);
      }
    },
  ),

  accepts('OC-22/jti-replayed', twice, [], ({ statuses, ended }) => {
    expect(statuses).toEqual([200, 400, 400]);
    expect(ended).toHaveLength(1);
  }),
  ...refused('OC-22/exp-past', 'exp'),
  ...refused('OC-22/iat-old', 'iat'),
  ...refused('OC-22/no-sub-no-sid', 'sid'),
  ...refused('OC-22/typ-wrong', 'typ'),
  ...refused('OC-22/id-token', 'jti'),
  // It is gone, which is what was asked for.
  accepts('OC-22/unknown-session', unknownSession, [], ({ status, sids }) => {
    expect({ status, sids }).toEqual({ status: 200, sids: ['no such session'] });
  }),
  accepts('OC-22/unknown-session', warm, there, ({ answers, sessions }) => {
    expect(answers).toEqual([{ status: 200, cacheControl: 'no-store', body: '' }]);
    expect(sessions.size).toBe(2);
  }),
  accepts('OC-22/id-token', idTokenAsLogoutToken, [], ({ status, ended }) => {
    expect({ status, ended }).toEqual({ status: 400, ended: [] });
  }),
  refuses('OC-22/jti-replayed', logoutTokenAsIdToken, invalid('id_token.events'), exchanged),
  refuses('OC-22/jti-replayed', logoutTokenAsRenewed, { code: 'invalid_id_token' }, [
    'discovery',
    'jwks',
    'token',
  ]),
];
