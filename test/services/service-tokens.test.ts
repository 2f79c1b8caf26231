import { describe, expect, it, vi } from 'vitest';
import { createServiceTokens } from '../../src/index.ts';
import { failureOf } from '../support/relying-party.ts';
import { defer, json } from '../support/scripted-web.ts';
import { quiet } from '../support/turns.ts';
import { due, lifetime, outage, second, serviceKit, tokenEndpoint } from './service-kit.ts';

describe('service tokens', () => {
  it('send nothing until they are used', async () => {
    const kit = serviceKit();
    kit.service();
    await quiet();
    expect(kit.op.web.requests).toEqual([]);
    expect(kit.clock.pending).toBe(0);
  });

  it('are asked for with the scope, resource and parameters that were configured', async () => {
    const kit = serviceKit();
    const { tokens } = kit.service({
      scope: 'a b',
      resource: ['https://api.example/1', 'https://api.example/2'],
      extraParameters: { audience: 'stock' },
    });
    expect(await tokens.getAccessToken()).toBe('token-1');
    const [asked] = kit.op.tokenRequests();
    expect(asked?.get('grant_type')).toBe('client_credentials');
    expect(asked?.get('scope')).toBe('a b');
    expect(asked?.getAll('resource')).toEqual(['https://api.example/1', 'https://api.example/2']);
    expect(asked?.get('audience')).toBe('stock');
  });

  it('are asked for with what was configured, whatever becomes of it afterwards', async () => {
    const kit = serviceKit();
    const extraParameters = { audience: 'stock' };
    const resource = ['https://api.example'];
    const { tokens } = kit.service({ extraParameters, resource });
    extraParameters.audience = 'payroll';
    resource.push('https://payroll.example');
    await tokens.getAccessToken();
    const [asked] = kit.op.tokenRequests();
    expect(asked?.getAll('audience')).toEqual(['stock']);
    expect(asked?.getAll('resource')).toEqual(['https://api.example']);
  });

  it('are one request for 10,000 callers at once', async () => {
    const kit = serviceKit();
    const { told, tokens } = kit.service();
    const calls = Array.from({ length: 10_000 }, () => tokens.getAccessToken());
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['token-1']));
    expect(kit.requests()).toBe(1);
    expect(told('miss')).toBe(10_000);
    expect(told('requested')).toBe(1);
  });

  it('come from memory while they live, with no timer running', async () => {
    const kit = serviceKit();
    const { told, tokens } = kit.service();
    await tokens.getAccessToken();
    for (let n = 0; n < 100; n += 1) expect(await tokens.getAccessToken()).toBe('token-1');
    expect(kit.requests()).toBe(1);
    expect(told('hit')).toBe(100);
    expect(kit.clock.pending).toBe(0);
  });

  it('are renewed ahead of their end by one request, while the old one serves', async () => {
    const kit = serviceKit();
    const { tokens } = kit.service();
    await tokens.getAccessToken();
    const answered = defer<Response>();
    kit.answer(() => answered.promise);
    await kit.pass(due.latest);
    const calls = Array.from({ length: 1_000 }, () => tokens.getAccessToken());
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['token-1']));
    await quiet();
    expect(kit.requests()).toBe(2);
    answered.resolve(kit.grant());
    await quiet();
    expect(await tokens.getAccessToken()).toBe('token-2');
    expect(kit.requests()).toBe(2);
  });

  it.each([
    ['earliest', 0],
    ['latest', 0.999],
  ])('are due at a moment with jitter: the %s', async (_, random) => {
    const kit = serviceKit();
    const { tokens } = kit.service({ random: () => random });
    await tokens.getAccessToken();
    const at = random === 0 ? due.earliest : due.latest;
    await kit.pass(at - second);
    await tokens.getAccessToken();
    expect(kit.requests()).toBe(1);
    await kit.pass(second);
    await tokens.getAccessToken();
    await quiet();
    expect(kit.requests()).toBe(2);
  });

  it('make callers wait for one request when they have expired', async () => {
    const kit = serviceKit();
    const { tokens } = kit.service();
    await tokens.getAccessToken();
    await kit.pass(lifetime);
    const calls = Array.from({ length: 1_000 }, () => tokens.getAccessToken());
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['token-2']));
    expect(kit.requests()).toBe(2);
  });

  it('are never given out after their end, whatever the clocks do', async () => {
    const kit = serviceKit();
    const { tokens } = kit.service();
    await tokens.getAccessToken();
    // The wall clock is set back: the other one knows better.
    kit.clock.setWall(kit.clock.now() - 20 * second);
    await kit.pass(lifetime);
    expect(await tokens.getAccessToken()).toBe('token-2');
    kit.clock.setWall(kit.clock.now() + lifetime);
    expect(await tokens.getAccessToken()).toBe('token-3');
  });

  it('live for assumedLifetimeSeconds where the server does not say how long', async () => {
    const kit = serviceKit();
    kit.answer(() => kit.grant({ expires_in: undefined }));
    const usual = kit.service().tokens;
    const { tokens } = kit.service({ assumedLifetimeSeconds: 60 });
    expect([await usual.getAccessToken(), await tokens.getAccessToken()]).toEqual([
      'token-1',
      'token-2',
    ]);
    await kit.pass(60 * second);
    expect(await tokens.getAccessToken()).toBe('token-3');
    expect(await usual.getAccessToken()).toBe('token-1');
    await kit.pass(240 * second);
    expect(await usual.getAccessToken()).toBe('token-4');
  });

  it('are one for each scope, resource and subject', async () => {
    const kit = serviceKit();
    const { tokens } = kit.service({ scope: 'a' });
    const targets = [
      undefined,
      { scope: 'b' },
      { resource: 'https://api.example/1' },
      { resource: ['https://api.example/1', 'https://api.example/2'] },
      { subject: 'ada' },
      { subject: 'grace' },
    ];
    const all = () => Promise.all(targets.map((target) => tokens.getAccessToken(target)));
    const first = await all();
    expect(new Set(first).size).toBe(6);
    expect(await all()).toEqual(first);
    expect(kit.requests()).toBe(6);
    const [, b, one] = kit.op.tokenRequests();
    expect(b?.get('scope')).toBe('b');
    expect(one?.get('scope')).toBe('a');
  });

  it('are the same one however a call says what it is for', async () => {
    const kit = serviceKit();
    const resource = 'https://api.example';
    const { tokens } = kit.service({ resource: [resource], scope: 'a' });
    const said = [undefined, { scope: 'a' }, { resource }, { resource: [resource], scope: 'a' }];
    for (const asked of said) expect(await tokens.getAccessToken(asked)).toBe('token-1');
    const others = [{ scope: 'b' }, { resource, scope: 'b' }, { resource: [resource], scope: 'b' }];
    for (const asked of others) expect(await tokens.getAccessToken(asked)).toBe('token-2');
    expect(kit.requests()).toBe(2);
  });

  it("are never the service's own for somebody who is nobody", async () => {
    const kit = serviceKit();
    const url = 'https://api.example';
    const { tokens } = kit.service({ resources: [{ url, scope: 'a' }] });
    await tokens.getAccessToken({ scope: 'a' });
    const nobody = { subject: null as never };
    for (const work of [
      () => tokens.getAccessToken({ scope: 'a', ...nobody }),
      () => tokens.fetch(url, {}, nobody),
    ]) {
      expect(await failureOf(work)).toMatchObject({ code: 'invalid_option', option: 'subject' });
    }
    expect(kit.op.web.count(url)).toBe(0);
  });

  it('forget the one that was got longest ago beyond 10,000', async () => {
    const kit = serviceKit();
    let asked = 0;
    const request = async () => {
      asked += 1;
      const obtainedAt = kit.clock.now();
      const expiresAt = obtainedAt + lifetime;
      const accessToken = `token-${asked}`;
      return { accessToken, tokenType: 'Bearer', obtainedAt, expiresAt, scope: '' } as const;
    };
    const { tokens } = kit.service({ grant: { name: 'quick', request } });
    for (let n = 0; n <= 10_000; n += 1) await tokens.getAccessToken({ subject: `${n}` });
    expect(asked).toBe(10_001);
    expect(await tokens.getAccessToken({ subject: '1' })).toBe('token-2');
    expect(await tokens.getAccessToken({ subject: '0' })).toBe('token-10002');
  });

  it('are replaced where an API has refused them, once for all who were refused', async () => {
    const kit = serviceKit();
    const { tokens } = kit.service();
    const rejected = await tokens.getAccessToken();
    const calls = Array.from({ length: 100 }, () => tokens.getAccessToken({ rejected }));
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['token-2']));
    expect(await tokens.getAccessToken({ rejected })).toBe('token-2');
    expect(kit.requests()).toBe(2);
  });

  it('are given as they are where the provider gives the refused one again', async () => {
    const kit = serviceKit();
    kit.answer(() => kit.grant({ access_token: 'same' }));
    const { tokens } = kit.service();
    const rejected = await tokens.getAccessToken();
    const calls = Array.from({ length: 100 }, () => tokens.getAccessToken({ rejected }));
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['same']));
    expect(kit.requests()).toBe(2);
  });

  it('are renewed for a caller who needs them for longer', async () => {
    const kit = serviceKit();
    const { tokens } = kit.service();
    await tokens.getAccessToken();
    await kit.pass(lifetime - 120 * second);
    expect(await tokens.getAccessToken({ minValiditySeconds: 100 })).toBe('token-1');
    expect(await tokens.getAccessToken({ minValiditySeconds: 200 })).toBe('token-2');
    // Longer than any token of this server: nobody asks again and again for that.
    expect(await tokens.getAccessToken({ minValiditySeconds: 9_999 })).toBe('token-2');
    expect(kit.requests()).toBe(2);
  });

  it('let one caller give up without the others', async () => {
    const kit = serviceKit();
    const answered = defer<Response>();
    kit.answer(() => answered.promise);
    const { tokens } = kit.service();
    const giving = new AbortController();
    const quitter = failureOf(() => tokens.getAccessToken({ signal: giving.signal }));
    const other = tokens.getAccessToken();
    giving.abort();
    expect((await quitter).code).toBe('aborted');
    answered.resolve(kit.grant());
    expect(await other).toBe('token-1');
    expect(kit.requests()).toBe(1);
  });

  it('end what is under way when they are closed, and are refused from then on', async () => {
    const kit = serviceKit();
    const { tokens } = kit.service();
    await tokens.getAccessToken();
    kit.answer(() => new Promise(() => {}));
    const waiting = failureOf(() => tokens.getAccessToken({ rejected: 'token-1' }));
    await quiet();
    tokens.close();
    expect((await waiting).code).toBe('aborted');
    expect((await failureOf(() => tokens.getAccessToken())).code).toBe('aborted');
    expect((await failureOf(() => tokens.getAccessToken({ subject: 'ada' }))).code).toBe('aborted');
    expect(kit.requests()).toBe(2);
    expect(kit.clock.pending).toBe(0);
  });

  it('drop a request in whose midst the process was frozen', async () => {
    const kit = serviceKit();
    const late = defer<Response>();
    kit.answer(() => late.promise);
    const { tokens } = kit.service();
    const before = tokens.getAccessToken();
    await quiet();
    // Only the wall clock goes on while a machine stands still, and no timer fires.
    kit.clock.setWall(kit.clock.now() + 3_600 * second);
    kit.answer(() => kit.grant());
    expect(await tokens.getAccessToken()).toBe('token-1');
    late.resolve(kit.grant({ expires_in: 1e6 }));
    expect(await before).toBe('token-2');
    expect(await tokens.getAccessToken()).toBe('token-1');
  });

  it('are asked for again where the connection had been closed, but not again and again', async () => {
    const kit = serviceKit();
    const closed = () => Promise.reject(Object.assign(new Error(), { code: 'ECONNRESET' }));
    kit.answer(() => {
      kit.answer(() => kit.grant());
      return closed();
    });
    expect(await kit.service().tokens.getAccessToken()).toBe('token-1');
    expect(kit.requests()).toBe(2);
    kit.answer(closed);
    const { tokens } = kit.service();
    expect((await failureOf(() => tokens.getAccessToken())).code).toBe('network_error');
    expect(kit.requests()).toBe(4);
    await kit.pass(60 * second);
    await failureOf(() => tokens.getAccessToken());
    expect(kit.requests()).toBe(5);
  });

  it('that come too late to be of use are asked for again, three times in all', async () => {
    const kit = serviceKit();
    kit.answer(() => {
      kit.clock.advance(2 * second);
      return kit.grant({ expires_in: 2 });
    });
    const { told, tokens } = kit.service();
    expect((await failureOf(() => tokens.getAccessToken())).code).toBe('timeout');
    expect(told('requested')).toBe(3);
  });

  it('are not given out in the last second of their life, unless there is no other', async () => {
    const kit = serviceKit();
    const { tokens } = kit.service();
    await tokens.getAccessToken();
    await kit.pass(lifetime - second);
    expect(await tokens.getAccessToken()).toBe('token-2');
    await kit.pass(lifetime - second);
    kit.answer(() => outage());
    expect(await tokens.getAccessToken()).toBe('token-2');
  });

  it('do not wait for ever for a grant that hangs', async () => {
    const kit = serviceKit();
    const { tokens } = kit.service({
      grant: { name: 'hanging', request: () => new Promise(() => {}) },
    });
    const failure = failureOf(() => tokens.getAccessToken());
    await quiet();
    kit.clock.advance(60 * second);
    expect((await failure).code).toBe('timeout');
    expect(kit.clock.pending).toBe(0);
  });

  it('tell metrics, and do not mind what these throw', async () => {
    const kit = serviceKit();
    const { tokens } = kit.service({
      metrics() {
        throw new Error('no');
      },
    });
    expect(await tokens.getAccessToken()).toBe('token-1');
    expect(await tokens.getAccessToken()).toBe('token-1');

    const counted = kit.service();
    await counted.tokens.getAccessToken();
    await counted.tokens.getAccessToken();
    kit.answer(() => outage());
    await failureOf(() => counted.tokens.getAccessToken({ subject: 'ada' }));
    expect(counted.events).toEqual([
      { type: 'miss' },
      { type: 'requested', durationMs: 0 },
      { type: 'hit' },
      { type: 'miss' },
      { type: 'failed', durationMs: 0, error: expect.objectContaining({ status: 503 }) },
    ]);
    expect(JSON.stringify(counted.events)).not.toContain('token-2');
  });

  it('do not mind what metrics reject with, later', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const { tokens } = serviceKit().service({ metrics: () => Promise.reject(new Error('no')) });
    expect(await tokens.getAccessToken()).toBe('token-1');
    await quiet();
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it.each([
    ['options', undefined],
    ['client', { client: { issuer: 'https://login.example', clientId: 'app' } }],
    ['resources', { resources: {} }],
    ['store', { store: {} }],
    ['store', { store: null }],
    ['store', { store: { withLock: async () => {} } }],
    ['metrics', { metrics: 'console' }],
    ['random', { random: 4 }],
    ['grant', { grant: () => {} }],
    ['grant.name', { grant: { request: async () => {} } }],
    ['grant', { grant: { name: 'x' } }],
    ['certificateThumbprint', { certificateThumbprint: '' }],
    ['assumedLifetimeSeconds', { assumedLifetimeSeconds: -1 }],
    ['assumedLifetimeSeconds', { assumedLifetimeSeconds: 0 }],
    ['extraParameters', { extraParameters: 'audience=stock' }],
    ['audience', { extraParameters: { audience: 1 } }],
    ['scope', { scope: '' }],
    ['resource', { resource: 'stock' }],
  ])('refuse a wrong %s', (option, wrong) => {
    const client = serviceKit().op.client();
    const options = wrong && { client, ...wrong };
    expect(() => createServiceTokens(options as never)).toThrowError(
      expect.objectContaining({ code: 'invalid_option', option }),
    );
  });

  it('refuse a parameter that relier sets', () => {
    const options = { client: serviceKit().op.client(), extraParameters: { scope: 'stock:read' } };
    expect(() => createServiceTokens(options)).toThrowError(
      expect.objectContaining({ code: 'reserved_parameter', option: 'scope' }),
    );
  });

  it.each([
    ['options', null],
    ['options', 'reports:read'],
    ['minValiditySeconds', { minValiditySeconds: 'long' }],
    ['scope', { scope: 1 }],
    ['resource', { resource: '/relative' }],
    ['resource', { resource: 1n }],
    ['subject', { subject: '' }],
    ['subject', { subject: null }],
    ['signal', { signal: {} }],
  ])('reject a call with a wrong %s before any request', async (option, wrong) => {
    const kit = serviceKit();
    const { tokens } = kit.service();
    const failure = await failureOf(() => tokens.getAccessToken(wrong as never));
    expect(failure).toMatchObject({ code: 'invalid_option', option });
    expect(kit.op.web.requests).toEqual([]);
  });

  it.each([
    ['options', null],
    ['options', 'ada'],
    ['subject', { subject: '' }],
  ])('reject a fetch with a wrong %s before any request', async (option, wrong) => {
    const kit = serviceKit();
    const { tokens } = kit.service({ resources: [{ url: 'https://api.example' }] });
    const failure = await failureOf(() => tokens.fetch('https://api.example', {}, wrong as never));
    expect(failure).toMatchObject({ code: 'invalid_option', option });
    expect(kit.op.web.requests).toEqual([]);
  });

  it('reject with what the provider says', async () => {
    const kit = serviceKit();
    kit.answer(() => json({ error: 'invalid_scope' }, 400));
    const failure = await failureOf(() => kit.service().tokens.getAccessToken());
    expect(failure).toMatchObject({ code: 'oauth_error', error: 'invalid_scope' });
    expect(kit.op.web.requests.map(({ url }) => url)).toEqual([tokenEndpoint]);
  });
});
