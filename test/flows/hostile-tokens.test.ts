import { describe, expect, it } from 'vitest';
import { fetchUserInfo, refreshTokenGrant } from '../../src/index.ts';
import {
  exchanged,
  expectRejection,
  invalid,
  oauth,
  op,
  type Rejection,
  transport,
  useHostileProvider,
} from '../support/hostile-rows.ts';
import { failureOf, hostileClient, signInAt } from '../support/relying-party.ts';

useHostileProvider();

describe('the token response', () => {
  const answer = (name: string) => invalid(`token_response.${name}`);
  it.each<Rejection>([
    [['OC-11'], 'signIn', answer('id_token'), exchanged],
    [['OC-17', 'error-200'], 'signIn', oauth('invalid_grant', 200), exchanged],
    [['OC-17', 'html'], 'signIn', transport('response_not_json'), exchanged],
    [['OC-17', 'empty'], 'signIn', transport('response_not_json'), exchanged],
    [['OC-17', 'invalid-json'], 'signIn', transport('response_not_json'), exchanged],
    [['OC-17', 'array'], 'signIn', transport('response_not_json'), exchanged],
    [['OC-17', 'no-access-token'], 'signIn', answer('access_token'), exchanged],
    [['OC-17', 'no-token-type'], 'signIn', answer('token_type'), exchanged],
    [['OC-17', 'unknown-token-type'], 'signIn', answer('token_type'), exchanged],
    [['OC-17', 'expires-negative'], 'signIn', answer('expires_in'), exchanged],
    [['OC-17', 'expires-word'], 'signIn', answer('expires_in'), exchanged],
    [['OC-18', '400'], 'signIn', oauth('invalid_grant', 400), exchanged],
    [['OC-18', '401'], 'signIn', oauth('invalid_client', 401), exchanged],
    [['OC-18', '401-challenge'], 'signIn', oauth('invalid_client', 401), exchanged],
    [['OC-18', '400-empty'], 'signIn', transport('http_status', { status: 400 }), exchanged],
    [['OC-18', '401-empty'], 'signIn', transport('http_status', { status: 401 }), exchanged],
    [['OC-18', 'error-number'], 'signIn', transport('http_status', { status: 400 }), exchanged],
    [['OC-18', '500'], 'signIn', transport('http_status', { status: 500 }), exchanged],
    [
      ['OC-18', '503'],
      'signIn',
      transport('http_status', { status: 503, retryAfterMs: 7_000 }),
      exchanged,
    ],
    [['OC-18', '429'], 'signIn', oauth('slow_down', 429, { retryAfterMs: 7_000 }), exchanged],
    ...['301', '302', '307', '308'].map(
      (status): Rejection => [
        ['RL-04', status],
        'signInWithSecret',
        transport('redirect_refused', { status: Number(status) }),
        exchanged,
      ],
    ),
    [['OR-04', 'token'], 'signIn', { error: 'invalid_grant' }, exchanged],
  ])('%s is refused (%s), and the code is not sent again', async (...rejection) => {
    await expectRejection(...rejection);
    expect(op.count('token')).toBe(1);
  });

  it('OC-17 expires-string: a numeric text is a lifetime', async () => {
    op.fault('OC-17', 'expires-string');
    const { tokens } = await signInAt(op);
    expect(tokens.expiresAt).toBe(tokens.obtainedAt + 3_600_000);
  });

  it('F2-05: tokens without a lifetime have none', async () => {
    op.fault('F2-05', 'scope');
    const { tokens } = await signInAt(op, undefined, { scope: 'openid email' });
    expect(tokens).not.toHaveProperty('expiresAt');
    expect(tokens.scope).toBe('openid email');
  });
});

describe('refreshing', () => {
  const token = (name: string) => invalid(`id_token.${name}`);
  const refreshed = ['token'];
  it.each<Rejection>([
    [['RT-02'], 'refresh', token('iss'), refreshed],
    [['RT-03'], 'refresh', token('renewed_sub'), refreshed],
    [['OC-15', 'aud'], 'refresh', token('aud'), refreshed],
    [['OC-15', 'azp'], 'refresh', token('azp'), refreshed],
    [['OC-15', 'auth-time'], 'refresh', token('renewed_auth_time'), refreshed],
    [['OC-15', 'nonce'], 'refresh', token('nonce'), refreshed],
    [['RF-03'], 'refresh', transport('network_error', { retryable: true }), refreshed],
    [['RF-04'], 'refresh', oauth('invalid_grant', 400), refreshed],
    [
      ['OC-18', '503'],
      'refresh',
      transport('http_status', { retryable: true, retryAfterMs: 7_000 }),
      refreshed,
    ],
    [['OC-18', '429'], 'refresh', oauth('slow_down', 429, { retryable: true }), refreshed],
  ])('%s is refused (%s)', expectRejection);

  it('RT-01: each refresh gives a new refresh token, and the scope does not grow', async () => {
    const client = hostileClient(op);
    let { tokens } = await signInAt(op, client);
    for (let round = 0; round < 3; round += 1) {
      const renewed = await refreshTokenGrant(client, tokens);
      expect(renewed.refreshToken).not.toBe(tokens.refreshToken);
      expect((await fetchUserInfo(client, renewed)).sub).toBe(op.subject);
      tokens = renewed;
    }
    expect(op.violations).toEqual([]);
  });

  it('RF-02: the refresh token in use is kept where no new one comes', async () => {
    op.fault('RF-02', 'without');
    const client = hostileClient(op);
    const { tokens } = await signInAt(op, client);
    const renewed = await refreshTokenGrant(client, tokens);
    expect(renewed.refreshToken).toBe(tokens.refreshToken);
    expect((await refreshTokenGrant(client, renewed)).accessToken).not.toBe(renewed.accessToken);
  });

  it('OC-15 absent: ID token and claims are kept where no new ones come', async () => {
    const client = hostileClient(op);
    const { tokens } = await signInAt(op, client);
    op.fault('OC-15', 'absent');
    const { idToken, claims } = await refreshTokenGrant(client, tokens);
    expect({ idToken, claims }).toEqual({ idToken: tokens.idToken, claims: tokens.claims });
  });

  it('is not spent where the keys for a new ID token cannot be had', async () => {
    const { tokens } = await signInAt(op);
    op.fault('MD-09', 'down');
    const error = await failureOf(refreshTokenGrant(hostileClient(op), tokens));
    expect(error).toMatchObject({ code: 'http_status', status: 503, retryable: true });
    expect(op.count('token')).toBe(1);
    op.clearFaults();
    expect((await refreshTokenGrant(hostileClient(op), tokens)).accessToken).toBeTruthy();
  });

  it('keeps the claims that a new ID token does not repeat', async () => {
    const client = hostileClient(op);
    const { tokens } = await signInAt(op, client);
    const renewed = await refreshTokenGrant(client, tokens);
    expect(renewed.idToken).not.toBe(tokens.idToken);
    expect(renewed.claims?.['nonce']).toBe(tokens.claims?.['nonce']);
  });

  it.each(['smaller', 'larger'])('RF-06 %s: says which scope was granted', async (variant) => {
    op.fault('RF-06', variant);
    const client = hostileClient(op);
    const { tokens } = await signInAt(op, client, { scope: 'openid email' });
    const renewed = await refreshTokenGrant(client, tokens);
    expect(renewed.scope).toBe(variant === 'smaller' ? 'openid' : 'openid email admin');
    expect(op.requests.at(-1)?.params.map(([name]) => name)).not.toContain('scope');
  });
});
