import { describe, expect, it } from 'vitest';
import { failureOf } from '../support/relying-party.ts';
import { json } from '../support/scripted-web.ts';
import { due, lifetime, outage, second, serviceKit } from './service-kit.ts';

describe('service tokens while the provider is out of order', () => {
  it('serve until they expire, and ask once per interval however many calls there are', async () => {
    const kit = serviceKit();
    const { told, tokens } = kit.service();
    await tokens.getAccessToken();
    await kit.pass(due.latest);
    kit.answer(() => outage());
    const began = kit.requests();
    for (let ms = due.latest; ms < lifetime; ms += 100) {
      expect(await tokens.getAccessToken()).toBe('token-1');
      await kit.pass(100);
    }
    // With this jitter the pauses are 1, 2, 4, 4, 4 ... seconds.
    const asked = kit.requests() - began;
    expect(asked).toBeGreaterThan(5);
    expect(asked).toBeLessThan(12);
    expect(told('failed')).toBe(asked);
  });

  it('reject with the last failure between two requests', async () => {
    const kit = serviceKit();
    kit.answer(() => outage());
    const { tokens } = kit.service();
    const failures = [];
    for (let n = 0; n < 1_000; n += 1)
      failures.push(await failureOf(() => tokens.getAccessToken()));
    expect(kit.requests()).toBe(1);
    expect(new Set(failures).size).toBe(1);
    expect(failures[0]).toMatchObject({ code: 'oauth_error', status: 503, retryable: true });
  });

  it('ask again within eight seconds, however long it has lasted', async () => {
    const kit = serviceKit();
    kit.answer(() => outage());
    const { tokens } = kit.service({ random: () => 0.999 });
    for (let n = 0; n < 600; n += 1) {
      await failureOf(() => tokens.getAccessToken());
      await kit.pass(second);
    }
    const before = kit.requests();
    kit.answer(() => kit.grant());
    for (let n = 0; n < 8; n += 1) {
      await kit.pass(second);
      await tokens.getAccessToken().catch(() => {});
    }
    expect(await tokens.getAccessToken()).toBe('token-1');
    expect(kit.requests()).toBe(before + 1);
  });

  it('leave it alone for as long as it asks', async () => {
    const kit = serviceKit();
    kit.answer(() => outage({ 'retry-after': '120' }));
    const { tokens } = kit.service();
    await failureOf(() => tokens.getAccessToken());
    await kit.pass(120 * second);
    expect(await failureOf(() => tokens.getAccessToken())).toMatchObject({
      retryAfterMs: 120 * second,
    });
    expect(kit.requests()).toBe(1);
    await kit.pass(second);
    await failureOf(() => tokens.getAccessToken());
    expect(kit.requests()).toBe(2);
  });

  it('do not let the failure of one scope get in the way of another', async () => {
    const kit = serviceKit();
    kit.answer(({ body }) =>
      new URLSearchParams(body).has('scope') ? json({ error: 'invalid_scope' }, 400) : kit.grant(),
    );
    const { tokens } = kit.service();
    await failureOf(() => tokens.getAccessToken({ scope: 'wrong' }));
    expect(await tokens.getAccessToken()).toBe('token-1');
  });

  it('serve a token that lives for less than was wished for, where no other can be had', async () => {
    const kit = serviceKit();
    const { tokens } = kit.service();
    await tokens.getAccessToken();
    kit.answer(() => outage());
    await kit.pass(due.latest);
    expect(await tokens.getAccessToken({ minValiditySeconds: 200 })).toBe('token-1');
  });
});
