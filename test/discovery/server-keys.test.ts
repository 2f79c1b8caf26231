import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type Client,
  createClient,
  fetchServerKeys,
  passwordGrant,
  refreshTokenGrant,
  type TokenSet,
} from '../../src/index.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { type HostileProvider, startHostileProvider } from '../support/hostile-provider/index.ts';
import {
  createRecorder,
  failureOf,
  hostileClient,
  type Recorder,
} from '../support/relying-party.ts';
import { createWeb, defer, json, type Responder } from '../support/scripted-web.ts';
import { quiet } from '../support/turns.ts';

const issuer = 'https://login.example';
const rsa = { kty: 'RSA', kid: 'r', n: 'AQAB', e: 'AQAB' };
const minutes = 60_000;

function setUp(responder: Responder) {
  const jwks = `${issuer}/jwks`;
  const web = createWeb({ [jwks]: responder });
  const clock = createFakeClock();
  const { trace, events } = createRecorder();
  const client = createClient({
    issuer,
    clientId: 'app',
    discovery: false,
    metadata: { jwks_uri: jwks },
    fetch: web.fetch,
    clock,
    trace,
  });
  return { client, clock, events, count: () => web.count(jwks) };
}

describe('fetchServerKeys', () => {
  it('asks once within ten minutes, and for callers at the same time', async () => {
    const answer = defer<Response>();
    const { client, clock, count } = setUp(() => answer.promise.then((one) => one.clone()));
    const callers = Array.from({ length: 20 }, () => fetchServerKeys(client));
    answer.resolve(json({ keys: [rsa] }));
    for (const { keys } of await Promise.all(callers)) expect(keys).toEqual([rsa]);
    clock.advance(10 * minutes - 1);
    await fetchServerKeys(client);
    expect(count()).toBe(1);
    clock.advance(1);
    await fetchServerKeys(client);
    expect(count()).toBe(2);
  });

  it('passes over keys that are secret, of no known kind, or no keys at all', async () => {
    const ec = { kty: 'EC', kid: 'e', crv: 'P-256', x: 'AA', y: 'AA' };
    const okp = { kty: 'OKP', kid: 'o', crv: 'Ed25519', x: 'AA' };
    const keys = [
      rsa,
      { kty: 'oct', k: 'c2VjcmV0' },
      { ...ec, d: 'private' },
      { kty: 'XRSA' },
      {},
      null,
      'RSA',
      42,
      ec,
      okp,
    ];
    const { client } = setUp(() => json({ keys }));
    expect((await fetchServerKeys(client)).keys).toEqual([rsa, ec, okp]);
  });

  it.each([{}, { keys: 'none' }, { keys: null }, { keys: {} }])(
    'refuses the document %o',
    async (document) => {
      const { client } = setUp(() => json(document));
      expect(await failureOf(fetchServerKeys(client))).toMatchObject({
        name: 'ValidationError',
        code: 'invalid_keys',
        check: 'keys.format',
        phase: 'discovery',
      });
    },
  );

  it('does not keep a failure', async () => {
    let up = false;
    const { client, count } = setUp(() => (up ? json({ keys: [rsa] }) : json({}, 500)));
    expect(await failureOf(fetchServerKeys(client))).toMatchObject({
      code: 'http_status',
      retryable: true,
    });
    up = true;
    expect((await fetchServerKeys(client)).keys).toEqual([rsa]);
    expect(count()).toBe(2);
  });

  it('serves the old keys through an outage of a day, and says so', async () => {
    let up = true;
    const { client, clock, count, events } = setUp(() =>
      up ? json({ keys: [rsa] }) : json({}, 500),
    );
    await fetchServerKeys(client);
    up = false;
    clock.advance(11 * minutes);
    expect((await fetchServerKeys(client)).keys).toEqual([rsa]);
    expect(events).toContainEqual({ type: 'stale', phase: 'discovery', url: 'jwks_uri' });
    await fetchServerKeys(client);
    expect(count()).toBe(2);
    clock.advance(1_430 * minutes);
    expect(await failureOf(fetchServerKeys(client))).toMatchObject({ status: 500 });
  });

  it('keeps nobody waiting for new keys within a minute after the old ones were fresh', async () => {
    const answers = [defer<Response>(), defer<Response>()] as const;
    let asked = 0;
    const { client, clock } = setUp(() => (answers[asked++] as (typeof answers)[0]).promise);
    answers[0].resolve(json({ keys: [rsa] }));
    await fetchServerKeys(client);
    clock.advance(11 * minutes - 1);
    for (const _ of [1, 2]) expect((await fetchServerKeys(client)).keys).toEqual([rsa]);
    answers[1].resolve(json({ keys: [] }));
    await quiet();
    expect((await fetchServerKeys(client)).keys).toEqual([]);
    expect(asked).toBe(2);
  });

  it('keeps nobody waiting for a server that is known to be down', async () => {
    const answers: (() => Promise<Response>)[] = [
      async () => json({ keys: [rsa] }),
      async () => json({}, 503),
      // From now on it takes what it is sent, and says nothing.
      () => new Promise(() => {}),
    ];
    let asked = 0;
    const { client, clock } = setUp(() => (answers[asked++] as (typeof answers)[0])());
    await fetchServerKeys(client);
    clock.advance(20 * minutes);
    await fetchServerKeys(client);
    clock.advance(minutes / 2);
    for (const _ of [1, 2]) expect((await fetchServerKeys(client)).keys).toEqual([rsa]);
    expect(asked).toBe(3);
  });

  it('goes on for others when one caller aborts', async () => {
    const answer = defer<Response>();
    const { client, count } = setUp(() => answer.promise);
    const controller = new AbortController();
    const impatient = failureOf(fetchServerKeys(client, { signal: controller.signal }));
    const patient = fetchServerKeys(client);
    controller.abort();
    expect(await impatient).toMatchObject({ code: 'aborted' });
    answer.resolve(json({ keys: [rsa] }));
    expect((await patient).keys).toEqual([rsa]);
    expect(count()).toBe(1);
  });
});

describe('verifying with keys that change', () => {
  let op: HostileProvider;
  let clock: FakeClock;
  let client: Client;
  let recorder: Recorder;

  beforeAll(async () => {
    clock = createFakeClock(Date.now());
    op = await startHostileProvider({ now: clock.now });
  });
  beforeEach(() => {
    op.clearFaults();
    op.reset();
    recorder = createRecorder();
    client = hostileClient(op, { clock, trace: recorder.trace });
  });
  afterAll(() => op.close());

  const signIn = (): Promise<TokenSet> =>
    passwordGrant(client, { username: op.username, password: op.password, scope: 'openid' });

  it('asks for the keys once for many ID tokens', async () => {
    await Promise.all([signIn(), signIn(), signIn()]);
    await signIn();
    expect(op.count('jwks')).toBe(1);
    expect(recorder.checks()).toContain('id_token.signature');
  });

  it('asks again when the key id is unknown', async () => {
    await signIn();
    await op.rotateKeys();
    await signIn();
    expect(op.count('jwks')).toBe(2);
  });

  it('asks once for many ID tokens with the same new key', async () => {
    await signIn();
    await op.rotateKeys();
    const results = await Promise.allSettled([1, 2, 3, 4].map(signIn));
    expect(results.map(({ status }) => status)).toEqual(Array(4).fill('fulfilled'));
    expect(op.count('jwks')).toBe(2);
  });

  it('follows two rotations within a minute', async () => {
    await signIn();
    for (const expected of [2, 3]) {
      await op.rotateKeys();
      clock.advance(1_000);
      await signIn();
      expect(op.count('jwks')).toBe(expected);
    }
  });

  it('does not let a flood of invented key ids through, and recovers minute by minute', async () => {
    await signIn();
    op.fault('MD-10');
    const flood = async (size: number) => {
      for (let index = 0; index < size; index += 1) {
        expect(await failureOf(signIn())).toMatchObject({
          code: 'invalid_id_token',
          check: 'id_token.key',
        });
      }
    };
    await flood(20);
    expect(op.count('jwks')).toBe(3);
    clock.advance(59_000);
    await flood(5);
    expect(op.count('jwks')).toBe(3);
    clock.advance(1_000);
    await flood(5);
    expect(op.count('jwks')).toBe(4);

    op.clearFaults();
    clock.advance(60_000);
    await op.rotateKeys();
    await signIn();
    expect(op.count('jwks')).toBe(5);
  });

  it('verifies with the old keys while the new ones cannot be had', async () => {
    await signIn();
    op.fault('MD-09', 'down');
    clock.advance(11 * minutes);
    await signIn();
    expect(op.count('jwks')).toBe(2);
    expect(recorder.events).toContainEqual(expect.objectContaining({ type: 'stale' }));
  });

  it('needs them once at least', async () => {
    op.fault('MD-09', 'down');
    expect(await failureOf(signIn())).toMatchObject({ code: 'http_status', status: 503 });
  });

  it('passes over private keys, and finds its way among ten thousand', async () => {
    op.fault('MD-09', 'private-keys');
    expect(await failureOf(signIn())).toMatchObject({ check: 'id_token.key' });
    op.clearFaults();
    op.fault('MD-09', 'ten-thousand');
    client = hostileClient(op, { clock });
    expect(await failureOf(signIn())).toMatchObject({ code: 'response_too_large' });
  });

  it('keeps a caller who aborts from waiting, and nobody else', async () => {
    const held = defer();
    const asked = defer();
    client = hostileClient(op, {
      clock,
      fetch: async (url, init) => {
        if (url.endsWith('/jwks')) {
          asked.resolve();
          await held.promise;
        }
        return fetch(url, init);
      },
    });
    const controller = new AbortController();
    const options = { username: op.username, password: op.password, scope: 'openid' };
    const impatient = failureOf(passwordGrant(client, { ...options, signal: controller.signal }));
    await asked.promise;
    const patient = passwordGrant(client, options);
    controller.abort();
    expect(await impatient).toMatchObject({ code: 'aborted', phase: 'validation' });
    held.resolve();
    expect((await patient).claims?.sub).toBe(op.subject);
    expect(op.count('jwks')).toBe(1);
  });

  it('verifies a refreshed ID token too', async () => {
    const tokens = await signIn();
    await op.rotateKeys();
    const renewed = await refreshTokenGrant(client, tokens);
    expect(renewed.idToken).not.toBe(tokens.idToken);
    expect(op.count('jwks')).toBe(2);
  });
});
