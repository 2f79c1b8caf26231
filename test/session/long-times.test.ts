import { expect, it, vi } from 'vitest';
import { sessionKit } from '../support/session-kit.ts';
import { until } from '../support/turns.ts';

it.each([2 ** 31 - 1, 1e12])(
  'a client may take %d ms, which is more than a timer can',
  async (timeoutMs) => {
    const kit = sessionKit();
    const setTimer = vi.spyOn(kit.clock, 'setTimer');
    const client = { timeoutMs };
    const { session } = await kit.expired({ client });
    const held = kit.hold();
    const token = session.getAccessToken();
    await held.asked;
    // Another one waits for the lock.
    const { session: other } = kit.open({ client });
    const waiting = other.getAccessToken();
    await until(() => setTimer.mock.calls.some(([, ms]) => ms > 1e6));
    held.release();
    expect(await Promise.all([token, waiting])).toEqual(['access-canary-1', 'access-canary-1']);
    for (const [, ms] of setTimer.mock.calls) expect(ms).toBeLessThan(2 ** 31);
  },
);

it.each([2 ** 31 - 1, 1e12])('so may renew: %d ms', async (timeoutMs) => {
  const kit = sessionKit();
  const setTimer = vi.spyOn(kit.clock, 'setTimer');
  const renew = async () => kit.tokens({ accessToken: 'silent-canary' });
  const { session } = await kit.expired({ client: { timeoutMs }, renew });
  expect(await session.getAccessToken()).toBe('silent-canary');
  for (const [, ms] of setTimer.mock.calls) expect(ms).toBeLessThan(2 ** 31);
});
