import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type AuthorizationRequestOptions,
  type Client,
  createAuthorizationRequest,
  handleAuthorizationResponse,
  type Transaction,
} from '../../src/index.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { type HostileProvider, startHostileProvider } from '../support/hostile-provider/index.ts';
import {
  browserOf,
  createRecorder,
  failureOf,
  hostileCallback,
  hostileClient,
  signInAt,
} from '../support/relying-party.ts';

let op: HostileProvider;
let client: Client;
let clock: FakeClock;

beforeAll(async () => {
  clock = createFakeClock(Date.now());
  op = await startHostileProvider({ now: clock.now });
});
beforeEach(() => {
  op.reset();
  client = hostileClient(op, { clock });
});
afterAll(() => op.close());

async function start(options: Partial<AuthorizationRequestOptions> = {}) {
  const { url, transaction } = await createAuthorizationRequest(client, {
    redirectUri: hostileCallback,
    ...options,
  });
  return { transaction, callback: await browserOf(op)(url) };
}

/** A started sign-in whose callback was changed on its way. */
async function altered(change: (parameters: URLSearchParams, transaction: Transaction) => void) {
  const { transaction, callback } = await start();
  change(callback.searchParams, transaction);
  return { transaction, callback };
}

async function refusal({ transaction, callback }: { transaction: Transaction; callback: URL }) {
  const error = await failureOf(handleAuthorizationResponse(client, transaction, callback));
  expect(op.count('token')).toBe(0);
  expect(error.retryable).toBe(false);
  return error;
}

const issParameter = async (value: boolean) => {
  client = hostileClient(op, {
    clock,
    metadata: { authorization_response_iss_parameter_supported: value },
  });
};

describe('an authorization response', () => {
  it.each<[what: string, change: (p: URLSearchParams, t: Transaction) => void, check: string]>([
    ['without state', (p) => p.delete('state'), 'state'],
    ['with an empty state', (p) => p.set('state', ''), 'state'],
    ['with another state', (p) => p.set('state', `${p.get('state')}1`), 'state'],
    [
      'with the state cut short',
      (p) => p.set('state', p.get('state')?.slice(0, -1) ?? ''),
      'state',
    ],
    ['with code twice', (p) => p.append('code', 'another'), 'duplicate'],
    ['with the same code twice', (p) => p.append('code', p.get('code') ?? ''), 'duplicate'],
    ['with state twice', (p) => p.append('state', p.get('state') ?? ''), 'duplicate'],
    [
      'with an unknown parameter twice',
      (p) => {
        p.append('x', '1');
        p.append('x', '1');
      },
      'duplicate',
    ],
    ['without a code', (p) => p.delete('code'), 'code'],
    ['with an empty code', (p) => p.set('code', ''), 'code'],
    ['with code and error', (p) => p.set('error', 'access_denied'), 'code'],
    [
      'with an empty error and no code',
      (p) => {
        p.delete('code');
        p.set('error', '');
      },
      'code',
    ],
    ['with an access token', (p) => p.set('access_token', 'a'), 'response_type'],
    ['with an ID token', (p) => p.set('id_token', 'a.b.c'), 'response_type'],
    ['with a signed answer', (p) => p.set('response', 'a.b.c'), 'response'],
    [
      'with a foreign iss that nobody announced',
      (p) => p.set('iss', 'https://evil.example'),
      'iss',
    ],
    ['with an empty iss', (p) => p.set('iss', ''), 'iss'],
  ])('%s is refused before the code is sent', async (_, change, check) => {
    const error = await refusal(await altered(change));
    expect(error).toMatchObject({
      name: 'ValidationError',
      code: 'invalid_authorization_response',
      phase: 'authorization',
      check: `authorization_response.${check}`,
    });
  });

  it('may repeat a right iss that nobody announced', async () => {
    const { transaction, callback } = await altered((p) => p.set('iss', op.issuer));
    const { tokens } = await handleAuthorizationResponse(client, transaction, callback);
    expect(tokens.claims?.iss).toBe(op.issuer);
  });

  it.each<[what: string, change: (p: URLSearchParams) => void, check: string]>([
    ['missing', (p) => p.delete('iss'), 'iss'],
    ['empty', (p) => p.set('iss', ''), 'iss'],
    ['another', (p) => p.set('iss', 'https://evil.example'), 'iss'],
    ['without its slash', (p) => p.set('iss', op.issuer.slice(0, -1)), 'iss'],
    ['in capitals', (p) => p.set('iss', op.issuer.toUpperCase()), 'iss'],
    [
      'twice',
      (p) => {
        p.set('iss', op.issuer);
        p.append('iss', op.issuer);
      },
      'duplicate',
    ],
    [
      'missing from an error',
      (p) => {
        p.delete('code');
        p.set('error', 'access_denied');
      },
      'iss',
    ],
  ])('whose announced iss is %s is refused', async (_, change, check) => {
    await issParameter(true);
    const error = await refusal(await altered(change));
    expect(error).toMatchObject({ check: `authorization_response.${check}` });
  });

  it('shows which issuers disagreed, and never a state', async () => {
    const foreign = await refusal(await altered((p) => p.set('iss', 'https://evil.example')));
    expect(foreign).toMatchObject({ expected: op.issuer, received: 'https://evil.example' });
    const state = await refusal(await altered((p) => p.set('state', 'x')));
    expect(state).not.toHaveProperty('expected');
    expect(state).not.toHaveProperty('received');
  });

  it.each([
    ['fragment', 'query'],
    ['query', 'fragment'],
  ] as const)('asked for in the %s is refused in the %s', async (responseMode, received) => {
    const { transaction, callback } = await start({ responseMode });
    const elsewhere = new URL(hostileCallback);
    const parameters = responseMode === 'query' ? callback.search : callback.hash;
    if (received === 'query') elsewhere.search = parameters.slice(1);
    else elsewhere.hash = parameters.slice(1);
    expect(await refusal({ transaction, callback: elsewhere })).toMatchObject({
      check: 'authorization_response.response_mode',
      expected: responseMode,
      received,
    });
  });

  it.each<[what: string, response: unknown]>([
    ['nothing', undefined],
    ['a string', `${hostileCallback}?code=a`],
    ['a number', 42],
    ['null', null],
  ])('that is %s is no response', async (_, response) => {
    const { transaction } = await start();
    const work = handleAuthorizationResponse(client, transaction, response as URL);
    expect(await failureOf(work)).toMatchObject({ code: 'invalid_option', option: 'response' });
    expect(op.count('token')).toBe(0);
  });

  it.each<[what: string, convert: (url: URL) => URL | URLSearchParams | Request]>([
    ['a URL', (url) => url],
    ['parameters', (url) => url.searchParams],
    ['a GET request', (url) => new Request(url)],
  ])('may be %s', async (_, convert) => {
    const { transaction, callback } = await start();
    const before = callback.href;
    const result = await handleAuthorizationResponse(client, transaction, convert(callback));
    expect(result.tokens.claims?.sub).toBe(op.subject);
    expect(callback.href).toBe(before);
  });

  it('may have parameters of its own beside ours', async () => {
    const { transaction, callback } = await altered((p) => p.set('session_state', 'abc.def'));
    const { tokens } = await handleAuthorizationResponse(client, transaction, callback);
    expect(tokens.accessToken).not.toBe('');
  });
});

describe('an error of the provider', () => {
  it.each([
    ['access_denied', 'OAuthResponseError', 'oauth_error', false],
    ['server_error', 'OAuthResponseError', 'oauth_error', true],
    ['temporarily_unavailable', 'OAuthResponseError', 'oauth_error', true],
    ['login_required', 'InteractionRequiredError', 'interaction_required', false],
    ['interaction_required', 'InteractionRequiredError', 'interaction_required', false],
    ['consent_required', 'InteractionRequiredError', 'interaction_required', false],
    ['account_selection_required', 'InteractionRequiredError', 'interaction_required', false],
  ])('%s is told as it is', async (error, name, code, retryable) => {
    const { transaction, callback } = await altered((p) => {
      p.delete('code');
      p.set('error', error);
      p.set('error_description', 'as told');
      p.set('error_uri', 'https://login.example/errors');
    });
    const failure = await failureOf(handleAuthorizationResponse(client, transaction, callback));
    expect(JSON.parse(JSON.stringify(failure))).toEqual({
      name,
      code,
      phase: 'authorization',
      retryable,
      message: `The server answered ${error}: as told.`,
      error,
      errorDescription: 'as told',
      errorUri: 'https://login.example/errors',
    });
    expect(op.count('token')).toBe(0);
  });

  it('for another sign-in is not believed', async () => {
    const { transaction, callback } = await altered((p) => {
      p.delete('code');
      p.set('error', 'access_denied');
      p.set('state', 'another');
    });
    expect(await refusal({ transaction, callback })).toMatchObject({
      check: 'authorization_response.state',
    });
  });

  it('is cut to harmless text', async () => {
    const { transaction, callback } = await altered((p, { state }) => {
      p.delete('code');
      p.set('error', 'access_denied');
      p.set('error_description', `<b>\u0007 \u2028 "\\ ${state} ${'x'.repeat(600)}`);
      p.set('error_uri', 'javascript:alert(1)');
    });
    const error = await refusal({ transaction, callback });
    expect(error).not.toHaveProperty('errorUri');
    const { errorDescription = '' } = error as { errorDescription?: string };
    expect(errorDescription).toBe('<b>   [redacted]');
  });
});

describe('a good response', () => {
  it('passes the checks in this order', async () => {
    const recorder = createRecorder();
    await issParameter(false);
    await signInAt(op, hostileClient(op, { clock, trace: recorder.trace }), { maxAge: 60 });
    expect(recorder.checks()).toEqual([
      'metadata.content_type',
      'metadata.issuer',
      'authorization_response.duplicate',
      'authorization_response.response',
      'authorization_response.state',
      'authorization_response.response_mode',
      'authorization_response.redirect_uri',
      'authorization_response.code',
      'authorization_response.code',
      'authorization_response.response_type',
      'token_response.access_token',
      'token_response.token_type',
      'token_response.id_token',
      'id_token.alg',
      'id_token.crit',
      'id_token.iss',
      'id_token.typ',
      'id_token.events',
      'id_token.aud',
      'id_token.azp',
      'id_token.sub',
      'id_token.exp',
      'id_token.iat',
      'id_token.auth_time',
      'id_token.iat',
      'id_token.nonce',
      'id_token.auth_time',
      'id_token.at_hash',
      'id_token.signature',
    ]);
  });
});
