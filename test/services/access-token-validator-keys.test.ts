import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type AccessTokenValidator,
  type AccessTokenValidatorOptions,
  createAccessTokenValidator,
} from '../../src/index.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { type HostileProvider, startHostileProvider } from '../support/hostile-provider/index.ts';
import { createRecorder } from '../support/relying-party.ts';

const minutes = 60_000;
let clock: FakeClock;
let op: HostileProvider;

beforeEach(async () => {
  clock = createFakeClock();
  op = await startHostileProvider({ now: clock.now });
});
afterEach(() => op.close());

const validatorOf = (options: Partial<AccessTokenValidatorOptions> = {}): AccessTokenValidator =>
  createAccessTokenValidator({
    issuer: op.issuer,
    audience: `${op.issuer}accounts`,
    clock,
    allowInsecureRequests: 'loopback',
    ...options,
  });
const outcome = async (tokens: AccessTokenValidator, token: string): Promise<string | number> => {
  const access = await tokens.validate(token);
  return access.ok ? 'ok' : access.status;
};
const tallyOf = (outcomes: readonly (string | number)[]) =>
  Object.fromEntries(
    [...new Set(outcomes)].map((one) => [one, outcomes.filter((o) => o === one).length]),
  );

describe.each([
  ['without a cache', {}],
  ['with a cache', { cache: {} }],
])('keys that change, %s', (_, options) => {
  it('under load cost one request, and refuse no good token', async () => {
    const tokens = validatorOf(options);
    const old = await op.accessToken('rfc9068');
    const before = await Promise.all(Array.from({ length: 100 }, () => outcome(tokens, old)));
    expect(tallyOf(before)).toEqual({ ok: 100 });
    await op.rotateKeys();
    const fresh = await Promise.all(Array.from({ length: 100 }, () => op.accessToken('rfc9068')));
    const after = await Promise.all(fresh.map((token) => outcome(tokens, token)));
    expect(tallyOf(after)).toEqual({ ok: 100 });
    expect(op.count('jwks')).toBe(2);
  });

  it('twice within a minute are followed', async () => {
    const tokens = validatorOf(options);
    for (const expected of [1, 2, 3]) {
      expect(await outcome(tokens, await op.accessToken('rfc9068'))).toBe('ok');
      expect(op.count('jwks')).toBe(expected);
      await op.rotateKeys();
    }
  });

  it('are not asked for by a flood of invented key ids, while good tokens go on', async () => {
    const tokens = validatorOf(options);
    const good = await op.accessToken('rfc9068');
    const flood = await Promise.all(
      Array.from({ length: 300 }, () =>
        op.accessToken('rfc9068', {}, { kid: crypto.randomUUID() }),
      ),
    );
    const mixed = flood.flatMap((token) => [token, good]);
    expect(tallyOf(await Promise.all(mixed.map((token) => outcome(tokens, token))))).toEqual({
      ok: 300,
      401: 300,
    });
    for (const token of flood.slice(0, 50)) await outcome(tokens, token);
    expect(op.count('jwks')).toBe(3);
    clock.advance(minutes);
    for (const token of flood.slice(0, 50)) await outcome(tokens, token);
    expect(op.count('jwks')).toBe(4);
  });

  it('are kept through an outage, in which unknown ones are put off and not refused', async () => {
    const tokens = validatorOf(options);
    const good = () => op.accessToken('rfc9068', { exp: Math.floor(clock.now() / 1000) + 60 });
    expect(await outcome(tokens, await good())).toBe('ok');
    op.fault('MD-09', 'down');
    clock.advance(11 * minutes);
    expect(await outcome(tokens, await good())).toBe('ok');
    clock.advance(600 * minutes);
    expect(await outcome(tokens, await good())).toBe('ok');
    await op.rotateKeys();
    const fresh = await good();
    expect(await outcome(tokens, fresh)).toBe(503);
    op.clearFaults();
    expect(await outcome(tokens, fresh)).toBe('ok');
  });
});

describe('a cache of tokens', () => {
  /** How often a signature was verified. */
  const counted = (options: Partial<AccessTokenValidatorOptions> = {}) => {
    const { checks, trace } = createRecorder();
    const tokens = validatorOf({ cache: {}, trace, ...options });
    const verified = () => checks().filter((name) => name === 'access_token.signature').length;
    return { tokens, verified };
  };

  it('verifies each token once in its time', async () => {
    const { tokens, verified } = counted();
    const [one, two] = [await op.accessToken('rfc9068'), await op.accessToken('rfc9068')];
    for (const token of [one, two, one, two]) expect(await outcome(tokens, token)).toBe('ok');
    expect(verified()).toBe(2);
    clock.advance(59_999);
    await outcome(tokens, one);
    expect(verified()).toBe(2);
    clock.advance(1);
    await outcome(tokens, one);
    expect(verified()).toBe(3);
  });

  it('is not outwitted by a clock that is set back', async () => {
    const { tokens, verified } = counted();
    const token = await op.accessToken('rfc9068', { iat: 1 });
    await outcome(tokens, token);
    clock.advance(60_000);
    clock.setWall(clock.now() - 60_000);
    await outcome(tokens, token);
    expect(verified()).toBe(2);
  });

  it('takes no token that has expired since', async () => {
    const { tokens } = counted();
    const token = await op.accessToken('rfc9068', { exp: Math.floor(clock.now() / 1000) - 20 });
    expect(await outcome(tokens, token)).toBe('ok');
    clock.advance(9_000);
    expect(await outcome(tokens, token)).toBe('ok');
    clock.advance(1_000);
    expect(await tokens.validate(token)).toMatchObject({
      ok: false,
      error: { check: 'access_token.exp' },
    });
  });

  it('asks each request for scope and proof all the same', async () => {
    const { tokens, verified } = counted();
    const cnf = { 'x5t#S256': 'thumbprint' };
    const token = await op.accessToken('rfc9068', { cnf, scope: 'a' });
    const certificateThumbprint = 'thumbprint';
    expect(await tokens.validate(token, { certificateThumbprint })).toMatchObject({ ok: true });
    expect(await tokens.validate(token)).toMatchObject({
      error: { check: 'access_token.certificate' },
    });
    const more = { certificateThumbprint, requireScopes: ['b'] };
    expect(await tokens.validate(token, more)).toMatchObject({ status: 403 });
    expect(await tokens.validate(token, { certificateThumbprint, maxAge: 1 })).toMatchObject({
      error: { check: 'access_token.auth_time' },
    });
    expect(verified()).toBe(1);
  });

  it('holds as long as the keys that it was filled with', async () => {
    const { tokens } = counted();
    const old = await op.accessToken('rfc9068');
    expect(await outcome(tokens, old)).toBe('ok');
    await op.rotateKeys();
    expect(await outcome(tokens, old)).toBe('ok');
    // Another token brings the news that the old key is gone.
    expect(await outcome(tokens, await op.accessToken('rfc9068'))).toBe('ok');
    expect(await outcome(tokens, old)).toBe(401);
  });

  it('knows only that very token', async () => {
    const { tokens } = counted();
    const token = await op.accessToken('rfc9068');
    await outcome(tokens, token);
    const [header = '', payload = '', signature = ''] = token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const forged = Buffer.from(JSON.stringify({ ...claims, scope: 'admin' })).toString('base64url');
    for (const other of [
      `${header}.${forged}.${signature}`,
      `${header}.${payload}.`,
      `${token}A`,
    ]) {
      expect(await outcome(tokens, other)).toBe(401);
    }
  });

  it('remembers no more than it may, and the newest', async () => {
    const { tokens, verified } = counted({ cache: { entries: 2 } });
    const made = await Promise.all([1, 2, 3].map(() => op.accessToken('rfc9068')));
    for (const token of made) await outcome(tokens, token);
    const [one = '', two = '', three = ''] = made;
    await outcome(tokens, two);
    await outcome(tokens, three);
    expect(verified()).toBe(3);
    await outcome(tokens, one);
    expect(verified()).toBe(4);
  });

  it.each([{ seconds: 0 }, { entries: 0 }])('of nothing remembers nothing (%o)', async (cache) => {
    const { tokens, verified } = counted({ cache });
    const token = await op.accessToken('rfc9068');
    await outcome(tokens, token);
    await outcome(tokens, token);
    expect(verified()).toBe(2);
  });

  it('gives everybody the same, which nobody can change', async () => {
    const { tokens } = counted();
    const token = await op.accessToken('rfc9068', { realm_access: { roles: ['reader'] } });
    const access = await tokens.validate(token);
    if (!access.ok) throw access.error;
    const { roles } = access.token.claims['realm_access'] as { roles: string[] };
    expect(() => roles.push('admin')).toThrow(TypeError);
  });
});

describe('the digest that tokens are remembered by', () => {
  it("looks for the platform's own when it is first needed, and once", async () => {
    const builtin = vi.spyOn(process, 'getBuiltinModule');
    try {
      const name = '../../src/services/token-digest.ts?first-use';
      const { digestOf } = await import(name);
      expect(builtin).not.toHaveBeenCalledWith('crypto');
      expect(digestOf('a')).toBe(digestOf('a'));
      expect(builtin.mock.calls.filter(([id]) => id === 'crypto')).toHaveLength(1);
    } finally {
      builtin.mockRestore();
    }
  });

  it('is one of Web Crypto where the platform has no quicker way', async () => {
    const builtin = process.getBuiltinModule;
    try {
      Object.assign(process, { getBuiltinModule: undefined });
      const name = '../../src/services/token-digest.ts?portable';
      const { digestOf } = await import(name);
      expect(digestOf('a')).toBeInstanceOf(Promise);
      expect(await digestOf('a')).toBe('ypeBEsobvcr6wjGzmiPcTaeG7_gUfE5yuYB3ha_uSLs');
    } finally {
      Object.assign(process, { getBuiltinModule: builtin });
    }
  });
});
