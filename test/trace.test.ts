import { expect, it } from 'vitest';
import { deviceAuthorizationGrant, dpop, passwordGrant, type TraceEvent } from '../src/index.ts';
import { createFakeClock } from './support/fake-clock.ts';
import { startHostileProvider } from './support/hostile-provider/index.ts';
import { localClient } from './support/relying-party.ts';

const retries = (events: readonly TraceEvent[]) =>
  events.flatMap((event) => (event.type === 'retry' ? [event.reason] : []));

it('tells of a request that is sent again with the nonce that the server wants', async () => {
  await using op = await startHostileProvider({ dpop: true, dpopNonces: true });
  const events: TraceEvent[] = [];
  const client = localClient(op.issuer, {
    clientId: 's6BhdRkqt3',
    dpop: dpop(),
    trace: (event) => events.push(event),
  });
  const { password, username } = op;
  await passwordGrant(client, { username, password });
  expect(retries(events)).toEqual(['use_dpop_nonce']);
  const requests = events.filter(({ type, phase }) => type === 'request' && phase === 'token');
  expect(requests).toHaveLength(2);
});

it('tells why it asks again while a person decides', async () => {
  await using op = await startHostileProvider({ polls: ['authorization_pending', 'slow_down'] });
  const events: TraceEvent[] = [];
  const clock = createFakeClock(Date.now());
  const client = localClient(op.issuer, {
    clientId: 's6BhdRkqt3',
    // Time goes as fast as it is waited for; only the requests' own time limit stands still.
    clock: {
      ...clock,
      setTimer(callback, delayMs) {
        if (delayMs === 10_000) return () => {};
        clock.advance(delayMs);
        queueMicrotask(callback);
        return () => {};
      },
    },
    trace: (event) => events.push(event),
  });
  await deviceAuthorizationGrant(client, { scope: 'openid', prompt: () => {} }).catch(() => {});
  expect(retries(events)).toEqual(['authorization_pending', 'slow_down']);
});
