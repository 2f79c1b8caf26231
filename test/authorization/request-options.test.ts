import { describe, expect, it } from 'vitest';
import {
  type AuthorizationRequestOptions,
  type Client,
  createAuthorizationRequest,
} from '../../src/index.ts';
import { cyclic, expectRefusal, type Refusal, redirectUri, setUp } from '../support/refusals.ts';

describe('createAuthorizationRequest', () => {
  const call = (client: Client, options: AuthorizationRequestOptions) =>
    createAuthorizationRequest(client, options);
  const at = (redirectUri: unknown) => ({ redirectUri });
  const and = (more: object) => ({ redirectUri, ...more });

  it.each<Refusal>([
    ['no options', undefined, ''],
    ['no redirectUri', {}, 'redirectUri'],
    ['an empty redirectUri', at(''), 'redirectUri'],
    ['a redirectUri that is a URL object', at(new URL(redirectUri)), 'redirectUri'],
    ['a relative redirectUri', at('/callback'), 'redirectUri'],
    ['a redirectUri with a fragment', at(`${redirectUri}#here`), 'redirectUri'],
    ['a redirectUri with an empty fragment', at(`${redirectUri}#`), 'redirectUri'],
    ['http to another host', at('http://app.example/callback'), 'redirectUri', 'insecure_url'],
    ['a scheme without a dot', at('myapp:/callback'), 'redirectUri'],
    ['javascript:', at('javascript:alert(1)'), 'redirectUri'],
    ['data:', at('data:text/html,hello'), 'redirectUri'],
    ['an unknown response mode', and({ responseMode: 'form' }), 'responseMode'],
    ['an empty scope', and({ scope: '' }), 'scope'],
    ['a scope that is a list', and({ scope: ['openid'] }), 'scope'],
    ['an empty prompt', and({ prompt: '' }), 'prompt'],
    ['a loginHint that is a number', and({ loginHint: 1 }), 'loginHint'],
    ['acrValues that are a list', and({ acrValues: ['a'] }), 'acrValues'],
    ['a negative maxAge', and({ maxAge: -1 }), 'maxAge'],
    ['a maxAge that is text', and({ maxAge: '60' }), 'maxAge'],
    ['an infinite maxAge', and({ maxAge: Number.POSITIVE_INFINITY }), 'maxAge'],
    ['a maxAge in parts of seconds', and({ maxAge: 1.5 }), 'maxAge'],
    ['a maxAge beyond whole numbers', and({ maxAge: 1e30 }), 'maxAge'],
    ['a permission in words', and({ allowImplicit: 'false' }), 'allowImplicit'],
    ['a scope of several lines', and({ scope: 'profile\nopenid' }), 'scope'],
    ['a response mode in a list', and({ responseMode: ['query'] }), 'responseMode'],
    ['claims that are written as JSON already', and({ claims: '{"id_token":{}}' }), 'claims'],
    ['claims that are a list', and({ claims: [] }), 'claims'],
    ['claims that are null', and({ claims: null }), 'claims'],
    [
      'authorizationDetails that are one object',
      and({ authorizationDetails: { type: 'payment' } }),
      'authorizationDetails',
    ],
    [
      'authorizationDetails that are written as JSON already',
      and({ authorizationDetails: '[{"type":"payment"}]' }),
      'authorizationDetails',
    ],
    [
      'a text among authorizationDetails',
      and({ authorizationDetails: ['a'] }),
      'authorizationDetails',
    ],
    ['a relative resource', and({ resource: 'api' }), 'resource'],
    ['a resource with a fragment', and({ resource: 'https://api.example/#a' }), 'resource'],
    ['an empty resource', and({ resource: '' }), 'resource'],
    ['a number among resources', and({ resource: ['https://api.example', 1] }), 'resource'],
    [
      'a resource that is a URL object',
      and({ resource: new URL('https://api.example') }),
      'resource',
    ],
    ['a resource with spaces around it', and({ resource: ' https://api.example ' }), 'resource'],
    [
      'extraParameters as a Map, which would be lost',
      and({ extraParameters: new Map([['a', '1']]) }),
      'extraParameters',
    ],
    ['claims that are no JSON', and({ claims: cyclic }), 'claims'],
    ['a cyclic appState', and({ appState: cyclic }), 'appState'],
    ['a function as appState', and({ appState: () => 1 }), 'appState'],
    ['a symbol as appState', and({ appState: Symbol('a') }), 'appState'],
    ['a BigInt in appState', and({ appState: { n: 1n } }), 'appState'],
    ['an extra parameter that is empty', and({ extraParameters: { a: '' } }), 'a'],
    ['an extra parameter that is a number', and({ extraParameters: { a: 1 } }), 'a'],
    ['extraParameters that are null', and({ extraParameters: null }), ''],
    [
      'extraParameters as URLSearchParams, which would be lost',
      and({ extraParameters: new URLSearchParams({ a: '1' }) }),
      'extraParameters',
    ],
  ])('refuses %s before any request', async (...refusal) => {
    await expectRefusal(call, refusal);
  });

  it.each([
    'client_id',
    'client_secret',
    'client_assertion',
    'client_assertion_type',
    'response_type',
    'response_mode',
    'redirect_uri',
    'scope',
    'state',
    'nonce',
    'code_challenge',
    'code_challenge_method',
    'request',
    'request_uri',
    'resource',
    'max_age',
    'claims',
    'id_token_hint',
    'grant_type',
  ])('refuses %s among the extra parameters', async (name) => {
    await expectRefusal(call, [
      '',
      { redirectUri, extraParameters: { [name]: 'x' } },
      name,
      'reserved_parameter',
    ]);
  });

  it('refuses an extra parameter that another option sets', async () => {
    const options = { redirectUri, prompt: 'none', extraParameters: { prompt: 'login' } };
    await expectRefusal(call, ['', options, 'prompt', 'reserved_parameter']);
  });

  it.each([
    'https://app.example/callback?tenant=1',
    'http://127.0.0.1:5000/callback',
    'http://[::1]/callback',
    'http://localhost/callback',
    'com.example.app:/callback',
  ])('takes the redirectUri %s', async (redirectUri) => {
    const { client } = setUp();
    const { url, transaction } = await createAuthorizationRequest(client, { redirectUri });
    expect(url.searchParams.get('redirect_uri')).toBe(redirectUri);
    expect(transaction.redirectUri).toBe(redirectUri);
  });
});

describe('options that are undefined', () => {
  it('are as if they were not there', async () => {
    const { client, web } = setUp({
      authentication: undefined,
      metadata: undefined,
      discovery: undefined,
      idTokenSigningAlgorithm: undefined,
      trustedAudiences: undefined,
      timeoutMs: undefined,
      clock: undefined,
      clockToleranceSeconds: undefined,
      allowInsecureRequests: undefined,
      trace: undefined,
    });
    const { url } = await createAuthorizationRequest(client, {
      redirectUri,
      scope: undefined,
      responseMode: undefined,
      prompt: undefined,
      maxAge: undefined,
      resource: undefined,
      claims: undefined,
      extraParameters: undefined,
      appState: undefined,
      signal: undefined,
    });
    expect([...url.searchParams.keys()].sort()).toEqual([
      'client_id',
      'code_challenge',
      'code_challenge_method',
      'nonce',
      'redirect_uri',
      'response_type',
      'scope',
      'state',
    ]);
    expect(web.requests).toHaveLength(1);
  });
});
