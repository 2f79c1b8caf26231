import { describe, expect, it } from 'vitest';
import { json } from '../support/scripted-web.ts';
import { lifetime, sessionKit } from '../support/session-kit.ts';

const orders = 'https://orders.example';
const stock = 'https://stock.example/';

describe('a session with several resources', () => {
  it('gets a token for each, and keeps it', async () => {
    const kit = sessionKit();
    const { session } = await kit.signedIn();
    expect(await session.getAccessToken({ resource: orders })).toBe('access-canary-1');
    expect(await session.getAccessToken({ resource: stock })).toBe('access-canary-2');
    expect(await session.getAccessToken({ scope: 'orders' })).toBe('access-canary-3');
    expect(await session.getAccessToken({ resource: orders, scope: 'orders' })).toBe(
      'access-canary-4',
    );
    expect(await session.getAccessToken({ resource: orders })).toBe('access-canary-1');
    expect(await session.getAccessToken()).toBe('access-canary-0');
    expect(
      kit.op
        .tokenRequests()
        .map((request) => [
          request.get('refresh_token'),
          request.getAll('resource'),
          request.get('scope'),
        ]),
    ).toEqual([
      ['refresh-canary-0', [orders], null],
      ['refresh-canary-1', [stock], null],
      ['refresh-canary-2', [], 'orders'],
      ['refresh-canary-3', [orders], 'orders'],
    ]);
  });

  it('sends one request per target for concurrent callers, one after the other', async () => {
    const kit = sessionKit();
    const { session } = await kit.expired();
    const wishes = [{}, { resource: orders }, { resource: stock }];
    const tokens = await Promise.all(
      Array.from({ length: 30 }, (_, n) => session.getAccessToken(wishes[n % 3])),
    );
    expect(new Set(tokens).size).toBe(3);
    expect([kit.refreshes(), kit.isReused()]).toEqual([3, false]);
  });

  it('shares them with other sessions on the store', async () => {
    const kit = sessionKit();
    const one = await kit.signedIn();
    const other = kit.open();
    await other.session.restore();
    const tokens = await Promise.all([
      one.session.getAccessToken({ resource: orders }),
      other.session.getAccessToken({ resource: orders }),
    ]);
    expect(tokens).toEqual(['access-canary-1', 'access-canary-1']);
    expect(kit.refreshes()).toBe(1);
  });

  it('takes the resource of the sign-in for another name of what was asked for then', async () => {
    const kit = sessionKit();
    const { session } = await kit.expired({}, { resource: orders });
    const both = [session.getAccessToken({ resource: orders }), session.getAccessToken()];
    expect(await Promise.all(both)).toEqual(['access-canary-1', 'access-canary-1']);
    expect(kit.op.tokenRequests().map((request) => request.getAll('resource'))).toEqual([[orders]]);
  });

  it('does not widen or narrow what was granted at sign-in', async () => {
    const kit = sessionKit();
    const { session } = await kit.signedIn();
    kit.answer(() => json(kit.granted({ scope: 'stock' })));
    await session.getAccessToken({ resource: stock, scope: 'stock' });
    expect(session.current().scope).toBe('openid orders');
    kit.clock.advance(lifetime + 1);
    kit.answer(() => json(kit.granted({ scope: 'openid orders' })));
    await session.getAccessToken();
    expect(kit.op.tokenRequests().at(-1)?.has('scope')).toBe(false);
    expect(session.current().scope).toBe('openid orders');
  });

  it('tells of a scope that the server has narrowed', async () => {
    const kit = sessionKit();
    const { session } = await kit.expired();
    kit.answer(() => json(kit.granted({ scope: 'openid' })));
    await session.getAccessToken();
    expect(session.current().scope).toBe('openid');
  });

  it('keeps the refresh token where an answer for a narrower scope has none', async () => {
    const kit = sessionKit();
    const { session } = await kit.signedIn();
    kit.answer(() => json(kit.granted({ refresh_token: undefined, scope: 'orders' })));
    await session.getAccessToken({ scope: 'orders' });
    expect((await kit.stored()).refreshToken).toBe('refresh-canary-0');
    kit.answer();
    expect(await session.getAccessToken({ resource: orders })).toBe('access-canary-2');
  });

  it('does not let the refusal of one token end the others', async () => {
    const kit = sessionKit();
    const { session } = await kit.signedIn();
    kit.answer(() => json({ error: 'invalid_target' }, 400));
    await expect(session.getAccessToken({ resource: orders })).rejects.toMatchObject({
      error: 'invalid_target',
    });
    expect(await session.getAccessToken()).toBe('access-canary-0');
    expect(session.current().status).toBe('signedIn');
  });

  it('keeps at most 20 tokens, and gives up the oldest', async () => {
    const kit = sessionKit();
    const { session } = await kit.signedIn();
    for (let n = 0; n < 25; n += 1) {
      await session.getAccessToken({ resource: `https://api.example/${n}` });
    }
    const { tokens } = await kit.stored();
    expect(tokens).toHaveLength(20);
    expect(kit.refreshes()).toBe(25);
    await session.getAccessToken({ resource: 'https://api.example/24' });
    expect(kit.refreshes()).toBe(25);
    await session.getAccessToken({ resource: 'https://api.example/0' });
    expect(kit.refreshes()).toBe(26);
  });

  it('knows when the token of the sign-in expires, however many others there are', async () => {
    const kit = sessionKit();
    const { session } = await kit.signedIn();
    const { expiresAt } = session.current();
    for (let n = 0; n < 25; n += 1) {
      await session.getAccessToken({ resource: `https://api.example/${n}` });
    }
    expect(session.current().expiresAt).toBe(expiresAt);
    expect(await session.getAccessToken()).toBe('access-canary-0');
  });
});
