import { expect } from 'vitest';
import {
  type Clock,
  createSession,
  memoryStore,
  type Session,
  type SessionEvent,
  systemClock,
} from '../../../src/index.ts';
import type { HostileProvider } from '../../support/hostile-provider/index.ts';
import { failureOf } from '../../support/relying-party.ts';
import { clientOf, resourceOf, type SignInOptions, signIn } from '../kit/acts.ts';
import { type Act, accepts, type Table } from '../kit/case.ts';

interface World {
  readonly op: HostileProvider;
  readonly session: Session;
  /** Another context on the same store. */
  readonly other: Session;
  readonly events: readonly SessionEvent[];
  readonly advance: (ms: number) => void;
}

/** A signed-in session whose access token has just expired, unless it is to live. */
function inSession<Result>(
  name: string,
  act: (world: World) => Promise<Result>,
  { request, isFresh = false }: SignInOptions & { isFresh?: boolean } = {},
): Act<Result> {
  return {
    name,
    provider: 'oidc',
    run: async ({ op, inject }) => {
      let ahead = 0;
      const clock: Clock = {
        ...systemClock,
        now: () => systemClock.now() + ahead,
        monotonic: () => systemClock.monotonic() + ahead,
      };
      const client = clientOf(op, { client: () => ({ clock }) });
      const { tokens } = await signIn(op, client, { use: 'nothing', ...(request && { request }) });
      const resources = [{ url: resourceOf(op) }];
      const store = memoryStore();
      const session = createSession({ client, store, resources });
      const events: SessionEvent[] = [];
      session.subscribe((event) => events.push(event));
      await session.establish(isFresh ? tokens : { ...tokens, expiresAt: tokens.obtainedAt });
      inject();
      const other = createSession({ client, store, resources });
      const advance = (ms: number) => {
        ahead += ms;
      };
      try {
        return await act({ op, session, other, events, advance });
      } finally {
        session.close();
        other.close();
      }
    },
  };
}

const ended = (events: readonly SessionEvent[]) =>
  events.find((event) => event.type === 'signedOut');

const callAfterTwoRefusals = inSession(
  'an API that refuses two tokens',
  async ({ advance, op, session }) => {
    advance(31_000);
    const url = resourceOf(op);
    const statuses: number[] = [];
    for (let call = 0; call < 3; call++) {
      statuses.push((await session.fetch(url)).status);
      advance(31_000);
    }
    return statuses;
  },
  { isFresh: true },
);

const tenCallers = inSession('ten callers', async ({ session }) => {
  const tokens = await Promise.all(Array.from({ length: 10 }, () => session.getAccessToken()));
  expect(new Set(tokens).size).toBe(1);
});

const twoContexts = inSession('two contexts', async ({ other, session }) => {
  const all = [session, other].flatMap((one) => [one.getAccessToken(), one.getAccessToken()]);
  expect(new Set(await Promise.all(all)).size).toBe(1);
});

const twice = inSession('two refreshes', async ({ session }) => {
  const first = await session.getAccessToken();
  const second = await session.getAccessToken({ force: true });
  expect(second).not.toBe(first);
  expect(session.current().status).toBe('signedIn');
});

const afterALoss = inSession('a lost answer', async ({ advance, events, session }) => {
  expect(await failureOf(session.getAccessToken())).toMatchObject({
    code: 'network_error',
    retryable: true,
  });
  expect(session.current().status).toBe('signedIn');
  advance(60_000);
  expect(await failureOf(session.getAccessToken())).toMatchObject({ code: 'interaction_required' });
  expect(await failureOf(session.getAccessToken())).toMatchObject({ code: 'interaction_required' });
  expect(ended(events)).toMatchObject({ reason: 'ended', answerLost: true });
});

const overThere = inSession('a session that the server has ended', async ({ events, session }) => {
  expect(await failureOf(session.getAccessToken())).toMatchObject({ code: 'interaction_required' });
  expect(ended(events)).toMatchObject({
    reason: 'ended',
    error: { error: 'invalid_grant' },
    answerLost: false,
  });
  expect(await session.restore()).toMatchObject({ status: 'signedOut', claims: undefined });
});

const signOut = inSession('sign-out', async ({ op, other, session }) => {
  op.fault('RV-02', '503');
  await session.signOut();
  expect(session.current().status).toBe('signedOut');
  expect((await other.restore()).status).toBe('signedOut');
});

const scopeOf = inSession(
  'a refresh with a scope',
  async ({ session }) => {
    await session.getAccessToken();
    return session.current().scope;
  },
  { request: { scope: 'openid email' } },
);

/** What only a session can do: refreshing once for everybody, and ending by verdict alone. */
export const session: Table = [
  accepts(
    'RT-04',
    callAfterTwoRefusals,
    ['resource', 'token', 'resource', 'resource', 'token', 'resource', 'resource'],
    (statuses) => expect(statuses).toEqual([401, 200, 200]),
  ),
  accepts('RV-04', signOut, ['revocation'], (_, op) =>
    expect(new Map(op.requests[0]?.params).get('token_type_hint')).toBe('refresh_token'),
  ),
  accepts('RF-01', tenCallers, ['token']),
  accepts('RF-02/with', twice, ['token', 'token']),
  accepts('RF-02/without', twice, ['token', 'token']),
  accepts('RF-03', afterALoss, ['token', 'token']),
  accepts('RF-04', overThere, ['token']),
  accepts('RF-05', twoContexts, ['token']),
  accepts('RF-06/smaller', scopeOf, ['token'], (scope) => expect(scope).toBe('openid')),
  accepts('RF-06/larger', scopeOf, ['token'], (scope) => expect(scope).toBe('openid email admin')),
];
