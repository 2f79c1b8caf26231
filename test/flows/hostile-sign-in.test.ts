import { describe, expect, it } from 'vitest';
import { createAuthorizationRequest, handleAuthorizationResponse } from '../../src/index.ts';
import {
  asked,
  expectRejection,
  invalid,
  oauth,
  op,
  type Rejection,
  transport,
  useHostileProvider,
  verified,
} from '../support/hostile-rows.ts';
import {
  browserOf,
  failureOf,
  hostileCallback,
  hostileClient,
  reached,
  signInAt,
} from '../support/relying-party.ts';

useHostileProvider();

describe('the callback', () => {
  const response = (name: string) => invalid(`authorization_response.${name}`);
  it.each<Rejection>([
    [['NS-04'], 'signIn', response('state'), asked],
    [['NS-05'], 'signIn', response('state'), asked],
    [['NS-06'], 'signIn', response('iss'), asked],
    [['NS-07'], 'signIn', response('iss'), asked],
    [['MX-01'], 'signIn', response('iss'), asked],
    [['MX-03', 'success'], 'signIn', response('iss'), asked],
    [['MX-03', 'error'], 'signIn', response('iss'), asked],
    ...['slash', 'case', 'port', 'percent'].map(
      (variant): Rejection => [['MX-04', variant], 'signIn', response('iss'), asked],
    ),
    [['MX-05', 'twice'], 'signIn', response('duplicate'), asked],
    [['MX-05', 'empty'], 'signIn', response('iss'), asked],
    [['MX-06', 'mismatch'], 'signIn', response('iss'), asked],
    [['CI-06'], 'signIn', response('state'), asked],
    [['CI-09', 'code-and-error'], 'signIn', response('code'), asked],
    [['CI-09', 'code-twice'], 'signIn', response('duplicate'), asked],
    [['CI-09', 'state-twice'], 'signIn', response('duplicate'), asked],
    [['CI-09', 'iss-twice'], 'signIn', response('duplicate'), asked],
    [['CI-10'], 'signIn', response('response_mode'), asked],
    [['NA-05'], 'signIn', { code: 'oauth_error', error: 'access_denied' }, asked],
    [['FP-02'], 'signIn', { code: 'interaction_required', error: 'login_required' }, asked],
  ])('%s is refused (%s)', expectRejection);

  it.each([false, true])(
    'CI-01, CI-02: an injected code is refused (PKCE ignored: %s)',
    async (ignored) => {
      if (ignored) op.fault('CI-02');
      const client = hostileClient(op);
      const start = async () => {
        const { url, transaction } = await createAuthorizationRequest(client, {
          redirectUri: hostileCallback,
        });
        return { transaction, callback: await browserOf(op)(url) };
      };
      const [victim, attacker] = [await start(), await start()];
      const code = attacker.callback.searchParams.get('code') ?? '';
      victim.callback.searchParams.set('code', code);
      const work = () => handleAuthorizationResponse(client, victim.transaction, victim.callback);
      expect(await failureOf(work)).toMatchObject(
        ignored ? invalid('id_token.nonce') : oauth('invalid_grant', 400),
      );
      expect(await failureOf(work)).toMatchObject({ code: 'transaction_not_found' });
      expect(op.count('token')).toBe(1);
    },
  );
});

describe('discovery', () => {
  const discovery = ['discovery'];
  it.each<Rejection>([
    [['DI-03'], 'signIn', invalid('metadata.issuer'), discovery],
    [['MX-09'], 'signIn', transport('redirect_refused', { status: 302 }), discovery],
    [['MD-02', 'missing'], 'signIn', invalid('metadata.issuer'), discovery],
    [['MD-02', 'case'], 'signIn', invalid('metadata.issuer'), discovery],
    [['MD-02', 'slash'], 'signIn', invalid('metadata.issuer'), discovery],
    [['MD-03', 'authorization'], 'signIn', { code: 'insecure_url' }, discovery],
    [['MD-03', 'token'], 'signIn', { code: 'insecure_url' }, asked],
    [['MD-03', 'jwks'], 'signIn', { code: 'insecure_url' }, asked],
    [['MD-03', 'issuer-query'], 'signIn', invalid('metadata.issuer'), discovery],
    [['MD-03', 'issuer-fragment'], 'signIn', invalid('metadata.issuer'), discovery],
    [
      ['MD-04', '500'],
      'signIn',
      transport('http_status', { status: 500, retryable: true }),
      discovery,
    ],
    [['MD-04', 'html'], 'signIn', transport('response_not_json', { retryable: true }), discovery],
    [['MD-04', 'array'], 'signIn', transport('response_not_json', { retryable: true }), discovery],
    [
      ['MD-04', 'invalid-json'],
      'signIn',
      transport('response_not_json', { retryable: true }),
      discovery,
    ],
    [['MD-04', 'wrong-content-type'], 'signIn', invalid('metadata.content_type'), discovery],
    [['MD-04', 'huge'], 'signIn', transport('response_too_large'), discovery],
    [
      ['MD-05', 'authorization'],
      'signIn',
      { code: 'unsupported_by_server', option: 'authorization_endpoint' },
      discovery,
    ],
    [
      ['MD-05', 'token'],
      'signIn',
      { code: 'unsupported_by_server', option: 'token_endpoint' },
      asked,
    ],
    [['MD-05', 'jwks'], 'signIn', { code: 'unsupported_by_server', option: 'jwks_uri' }, asked],
    [
      ['PK-02'],
      'signIn',
      { code: 'unsupported_by_server', option: 'code_challenge_methods_supported' },
      discovery,
    ],
    [['RL-07', 'discovery'], 'signIn', transport('redirect_refused', { status: 302 }), discovery],
    [['RL-07', 'jwks'], 'signIn', transport('redirect_refused', { status: 302 }), verified],
    ...['file', 'javascript', 'http'].map(
      (variant): Rejection => [['NA-07', variant], 'signIn', { code: 'insecure_url' }, discovery],
    ),
  ])('%s is refused (%s)', expectRejection);

  it('MD-04 404: both documents are looked for', async () => {
    op.fault('MD-04', '404');
    expect(await failureOf(signInAt(op))).toMatchObject(transport('http_status', { status: 404 }));
    expect(reached(op)).toEqual(['discovery', 'oauth-metadata', 'unknown']);
  });
});
