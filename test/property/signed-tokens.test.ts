import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  handleBackchannelLogout,
  refreshTokenGrant,
  validateAccessToken,
  validateLogoutToken,
} from '../../src/index.ts';
import { json } from '../support/scripted-web.ts';
import { holds, outcomeOf, recordOf, seconds } from './property.ts';
import { changed, issuer, jwtLike, signed, signedClient } from './signed.ts';

const event = 'http://schemas.openid.net/event/backchannel-logout';
const replayGuard = { isNew: () => true };
const times = { iat: seconds, exp: seconds + 60 };
const logoutClaims = {
  ...times,
  iss: issuer,
  aud: 'app',
  jti: 'j',
  sid: 's',
  sub: 'ada',
  events: { [event]: {} },
};
const accessClaims = {
  ...times,
  iss: issuer,
  aud: 'api',
  jti: 'j',
  sub: 'ada',
  client_id: 'app',
  scope: 'a b',
};
const idClaims = { ...times, iss: issuer, aud: 'app', sub: 'ada' };
const accessToken = signed(accessClaims, { typ: 'at+jwt' });
const logoutToken = signed(logoutClaims, { typ: 'logout+jwt' });
const idToken = signed(idClaims);

const { client, web } = signedClient();
const asAccessToken = (token: string, profile: 'rfc9068' | 'generic' = 'rfc9068') =>
  outcomeOf(() => validateAccessToken(client, token, { audience: 'api', profile }));
const asLogoutToken = (token: string) =>
  outcomeOf(() => validateLogoutToken(client, token, { replayGuard }));
const asIdToken = (id_token: unknown) => {
  web.on(`${issuer}/token`, () => json({ access_token: 'a', token_type: 'Bearer', id_token }));
  return outcomeOf(() => refreshTokenGrant(client, { refreshToken: 'r' }));
};

it('the tokens that are changed below are good before', async () => {
  expect((await asAccessToken(accessToken)).error).toBeUndefined();
  expect((await asLogoutToken(logoutToken)).error).toBeUndefined();
  expect((await asIdToken(idToken)).result?.claims?.sub).toBe('ada');
});

it('an access token whose decoded bytes changed is refused', () =>
  holds('changed access tokens', 2000, changed(accessToken), async (token) => {
    expect((await asAccessToken(token)).error?.code).toBe('invalid_access_token');
  }));

it('a logout token whose decoded bytes changed is refused', () =>
  holds('changed logout tokens', 2000, changed(logoutToken), async (token) => {
    expect((await asLogoutToken(token)).error?.code).toBe('invalid_logout_token');
  }));

it('an ID token whose decoded bytes changed is refused', () =>
  holds('changed ID tokens', 1500, changed(idToken), async (token) => {
    expect((await asIdToken(token)).error).toBeDefined();
  }));

it('what nobody signed is refused with a typed error', () =>
  holds('unsigned texts', 2500, jwtLike, async (token) => {
    expect((await asAccessToken(token, 'generic')).error?.code).toBe('invalid_access_token');
    expect((await asLogoutToken(token)).error?.code).toBe('invalid_logout_token');
    expect((await asIdToken(token)).error).toBeDefined();
  }));

it('a signed access token with any claims is taken for what it says, or refused', () =>
  holds('claims of access tokens', 1500, recordOf(accessClaims), async (claims) => {
    const { error, result } = await asAccessToken(signed(claims, { typ: 'at+jwt' }));
    if (error) expect(error.code).toBe('invalid_access_token');
    else {
      expect(result.claims).toMatchObject({ iss: issuer });
      expect([result.claims.aud].flat()).toContain('api');
      expect(result.claims.exp).toBeGreaterThan(seconds - 30);
      expect(result.subject).toBeTypeOf('string');
      expect(result.scopes.every((scope) => typeof scope === 'string' && scope)).toBe(true);
    }
    return !error;
  }));

it('a signed logout token with any claims is taken for what it says, or refused', () =>
  holds('claims of logout tokens', 1500, recordOf(logoutClaims), async (claims) => {
    const { error, result } = await asLogoutToken(signed(claims));
    if (error) expect(error.code).toBe('invalid_logout_token');
    else {
      expect(result).toMatchObject({ iss: issuer, events: { [event]: {} } });
      expect(result.sub ?? result.sid).toBeTypeOf('string');
      expect(result).not.toHaveProperty('nonce');
    }
    return !error;
  }));

it('the back-channel handler answers any body with 200 or 400', () =>
  holds(
    'bodies of back-channel requests',
    1000,
    fc.oneof(
      fc.string({ unit: 'binary' }),
      jwtLike.map((token) => `logout_token=${encodeURIComponent(token)}`),
      fc.constant(`logout_token=${logoutToken}`),
    ),
    async (body) => {
      let ended = 0;
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const request = new Request('https://app.example/', { method: 'POST', headers, body });
      const { status } = await handleBackchannelLogout(client, request, {
        replayGuard,
        endSession: () => {
          ended += 1;
        },
      });
      const isGood = body.includes(logoutToken);
      expect([status, ended]).toEqual(isGood ? [200, 1] : [400, 0]);
      return isGood;
    },
  ));
