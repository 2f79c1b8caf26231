import { describe, expect, it } from 'vitest';
import {
  type Client,
  createAuthorizationRequest,
  handleAuthorizationResponse,
  introspectToken,
} from '../../src/index.ts';
import { startHostileProvider } from '../support/hostile-provider/index.ts';
import {
  type Act,
  acts,
  basicOptions,
  expectRejection,
  type Fault,
  invalid,
  oauth,
  op,
  type Rejection,
  transport,
  useHostileProvider,
} from '../support/hostile-rows.ts';
import { browserOf, hostileCallback, hostileClient, signInAt } from '../support/relying-party.ts';

useHostileProvider();

describe('userinfo', () => {
  const asked = ['userinfo'];
  const userInfo = (name: string) => invalid(`userinfo.${name}`);
  const noObject = {
    code: expect.stringMatching(/^(?:invalid_userinfo|response_not_json)$/),
    retryable: expect.any(Boolean),
  };
  it.each<Rejection>([
    [['UI-01'], 'userInfo', userInfo('sub'), asked],
    [['OC-16', 'sub-missing'], 'userInfo', userInfo('sub'), asked],
    [['OC-16', 'array'], 'userInfo', noObject, asked],
    [['OC-16', 'string'], 'userInfo', noObject, asked],
    [['OC-16', 'jwt-none'], 'userInfo', userInfo('key'), asked],
    [['OC-16', 'jwt-iss'], 'userInfo', userInfo('iss'), asked],
    [['OC-16', 'jwt-aud'], 'userInfo', userInfo('aud'), asked],
    [['OC-16', '401'], 'userInfo', oauth('invalid_token', 401), asked],
    [['OC-16', '403'], 'userInfo', oauth('insufficient_scope', 403), asked],
    [['RL-07', 'userinfo'], 'userInfo', transport('redirect_refused', { status: 307 }), asked],
  ])('%s is refused (%s)', expectRejection);
});

describe('introspection and revocation', () => {
  const introspected = ['introspection'];
  const revoked = ['revocation'];
  const active = invalid('introspection.active');
  it.each<Rejection>([
    [['IN-02', 'missing'], 'introspect', active, introspected],
    [['IN-02', 'string'], 'introspect', active, introspected],
    [['IN-02', 'number'], 'introspect', active, introspected],
    [['IN-04', 'typ'], 'introspect', invalid('introspection.typ'), introspected],
    [['IN-04', 'signature'], 'introspect', invalid('introspection.signature'), introspected],
    [['IN-04', 'iss'], 'introspect', invalid('introspection.iss'), introspected],
    [['IN-04', 'aud'], 'introspect', invalid('introspection.aud'), introspected],
    [['IN-04', 'alg-none'], 'introspect', invalid('introspection.alg'), introspected],
    [['IN-05', '401'], 'introspect', oauth('invalid_client', 401), introspected],
    [['IN-05', '403'], 'introspect', oauth('access_denied', 403), introspected],
    [
      ['IN-05', '500'],
      'introspect',
      transport('http_status', { status: 500, retryable: true }),
      introspected,
    ],
    [
      ['IN-05', 'html'],
      'introspect',
      {
        code: expect.stringMatching(/^(?:invalid_introspection|response_not_json)$/),
        retryable: expect.any(Boolean),
      },
      introspected,
    ],
    [
      ['RL-07', 'introspection'],
      'introspect',
      transport('redirect_refused', { status: 307 }),
      introspected,
    ],
    [['RV-02', 'unsupported_token_type'], 'revoke', oauth('unsupported_token_type', 400), revoked],
    [
      ['RV-02', '503'],
      'revoke',
      transport('http_status', { status: 503, retryable: true, retryAfterMs: 7_000 }),
      revoked,
    ],
    [['RV-02', '401'], 'revoke', oauth('invalid_client', 401), revoked],
    [['RL-07', 'revocation'], 'revoke', transport('redirect_refused', { status: 307 }), revoked],
  ])('%s is refused (%s)', expectRejection);

  it('IN-01: an inactive token is inactive', async () => {
    const client = hostileClient(op, basicOptions);
    op.fault('IN-01');
    expect((await introspectToken(client, 'token')).active).toBe(false);
  });
});

describe('what is unusual but right', () => {
  it.each<[fault: Fault, act: Act]>([
    [['IDC-06'], 'signIn'],
    [['IDC-12'], 'signIn'],
    [['SIG-05'], 'signIn'],
    [['SIG-10'], 'signIn'],
    [['SIG-13'], 'signIn'],
    [['SIG-14'], 'signInTwice'],
    [['OK-03'], 'signIn'],
    [['UI-02'], 'userInfo'],
    [['OC-16', 'jwt'], 'userInfo'],
    [['OC-07', 'exp-fraction'], 'signIn'],
    [['OC-08', 'nbf-future', '25'], 'signIn'],
    [['OC-08', 'iat-future', '25'], 'signIn'],
    [['OC-09', 'old', '-60'], 'signInWithMaxAge'],
    [['MX-06', 'match'], 'signIn'],
    [['DI-02'], 'signIn'],
    [['F2-04'], 'signIn'],
    [['MD-06', 'unknown-members'], 'signIn'],
    [['MD-06', 'proto'], 'signIn'],
    [['MD-07', 'valid'], 'signIn'],
    [['MD-07', 'forged'], 'signIn'],
    [['CA-01'], 'signInWithSecret'],
    [['RF-02', 'with'], 'refresh'],
    [['IN-03', 'exp'], 'introspect'],
    [['IN-04', 'signed'], 'introspect'],
    [['RV-01', 'empty'], 'revoke'],
    [['RV-01', 'html'], 'revoke'],
    [['RV-01', 'json'], 'revoke'],
    [['RV-01', 'invalid-json'], 'revoke'],
  ])('%s is accepted (%s)', async (fault, act) => {
    await acts[act](() => op.fault(...fault));
    expect(op.violations).toEqual([]);
    expect(op.elsewhere.requests).toEqual([]);
  });

  it.each(['slash', 'no-slash', 'no-path'] as const)(
    'MD-01: an issuer of style %s is accepted',
    async (issuerStyle) => {
      const other = await startHostileProvider({ issuerStyle });
      const { tokens } = await signInAt(other);
      await other.close();
      expect(tokens.claims?.iss).toBe(other.issuer);
    },
  );

  it('SIG-14: the keys are fetched for the second time when the first key is gone', async () => {
    op.fault('SIG-14');
    const client = hostileClient(op);
    await signInAt(op, client);
    expect(op.count('jwks')).toBe(1);
    await signInAt(op, client);
    expect(op.count('jwks')).toBe(2);
  });

  it('CI-07: two sign-ins at a time finish in reverse order', async () => {
    const client: Client = hostileClient(op);
    const start = async () => {
      const { url, transaction } = await createAuthorizationRequest(client, {
        redirectUri: hostileCallback,
      });
      return { transaction, callback: await browserOf(op)(url) };
    };
    const started = [await start(), await start()];
    for (const { transaction, callback } of started.reverse()) {
      const { tokens } = await handleAuthorizationResponse(client, transaction, callback);
      expect(tokens.claims?.['nonce']).toBe(transaction.nonce);
    }
  });
});
