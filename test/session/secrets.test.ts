import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { clientSecretPost, encryptedStore, type SessionEvent } from '../../src/index.ts';
import { createRecorder } from '../support/relying-party.ts';
import { issuer } from '../support/scripted-provider.ts';
import { json, type Responder } from '../support/scripted-web.ts';
import { claimsOf, jwks, minute, type SessionKit, sessionKit } from '../support/session-kit.ts';
import { quiet } from '../support/turns.ts';

const api = 'https://api.example';

/** Everything that a log could show of a value. */
function shownOf(value: unknown): string {
  const { message, stack, cause } = Object(value);
  const deep = { depth: 20, showHidden: true, getters: true };
  return [
    message,
    stack,
    inspect(cause, deep),
    JSON.stringify(value),
    `${value}`,
    inspect(value, deep),
  ].join('\n');
}

/** Ada's token is over; what is done next goes wrong, and everything that is told is collected. */
async function toldBy(spoil: (kit: SessionKit, context: Opened) => unknown) {
  const kit = sessionKit();
  const recorder = createRecorder();
  const id = await kit.idToken({ jti: 'id-canary' });
  const client = {
    authentication: clientSecretPost('secret-canary'),
    trace: recorder.trace,
  };
  const resources = [{ url: api }];
  const context = await kit.expired({ client, resources }, { idToken: id });
  const failures: unknown[] = [];
  const attempt = async (work: () => Promise<unknown>) => {
    await work().catch((error) => failures.push(error));
  };
  await spoil(kit, context);
  const { session } = context;
  for (let n = 0; n < 3; n += 1) {
    await attempt(() => session.getAccessToken());
    await attempt(() => session.getAccessToken({ force: true }));
    await attempt(() => session.getAccessToken({ rejected: 'rejected-canary' }));
    await attempt(() => session.getAccessToken({ resource: `${api}/`, scope: 'orders' }));
    await attempt(() => session.fetch(`${api}/orders?code=canary-in-the-url`));
    await attempt(() => session.userInfo());
    await attempt(() => session.restore());
    await attempt(() => kit.open({ client }).session.getAccessToken());
    kit.clock.advance(minute);
    await quiet(5);
  }
  await attempt(() => session.signOut());
  session.close();
  await attempt(() => session.getAccessToken());
  return { events: context.events, failures, id, kit, traces: recorder.events };
}

type Opened = Awaited<ReturnType<SessionKit['expired']>>;

/** Tells back all that it was sent. */
const echo =
  (status: number, error?: string): Responder =>
  ({ body, headers }) =>
    json(
      {
        ...(error && { error }),
        error_description: `${body} ${headers.get('authorization')}`,
        error_uri: `https://login.example/?${body}`,
        refresh_token: 'refresh-canary-echo',
        hint: body,
      },
      status,
      { 'www-authenticate': `Bearer error="invalid_token", error_description="${body} canary"` },
    );

const answering =
  (members: (kit: SessionKit) => Promise<object> | object) => async (kit: SessionKit) => {
    const given = await members(kit);
    kit.answer(() => json(kit.granted({ ...given })));
  };

describe('no event, error or trace holds a token', () => {
  it.each<[name: string, spoil: (kit: SessionKit, context: Opened) => unknown]>([
    ['a server that tells all secrets back', (kit) => kit.answer(echo(400, 'invalid_request'))],
    ['the server’s verdict', (kit) => kit.answer(echo(400, 'invalid_grant'))],
    ['a client that is refused', (kit) => kit.answer(echo(401, 'invalid_client'))],
    ['a target that is refused', (kit) => kit.answer(echo(400, 'invalid_target'))],
    ['a person who is asked for', (kit) => kit.answer(echo(400, 'login_required'))],
    ['an error that is no OAuth error', (kit) => kit.answer(echo(500))],
    ['no network', (kit) => kit.answer(({ body }) => Promise.reject(new TypeError(body)))],
    ['a redirect', (kit) => kit.answer(({ body }) => Response.redirect(`${api}/?${body}`))],
    ['a page', (kit) => kit.answer(({ body }) => new Response(`<p>${body}</p>`))],
    ['no access token', answering(() => ({ access_token: ['access-canary'] }))],
    ['another kind of token', answering(() => ({ token_type: 'refresh-canary' }))],
    ['a lifetime that is a token', answering(() => ({ expires_in: 'access-canary' }))],
    ['a scope that is a token', answering(() => ({ scope: ['access-canary'] }))],
    ['no ID token', answering(() => ({ id_token: 'id-canary' }))],
    ['another person', answering(async (kit) => ({ id_token: await kit.idToken({ sub: 'x' }) }))],
    [
      'claims that are tokens',
      answering(async (kit) => ({
        id_token: await kit.idToken({ aud: 'access-canary-1', iss: 'refresh-canary-0' }),
      })),
    ],
    [
      'a key that nobody knows',
      answering(async (kit) => ({ id_token: await kit.idToken({}, { kid: 'x' }) })),
    ],
    [
      'a clock that is wrong',
      answering(async (kit) => ({ id_token: await kit.idToken({ exp: 1 }) })),
    ],
    ['no keys', (kit) => kit.op.web.on(jwks, echo(503))],
    ['a store that refuses', (_, { store }) => void store.refuse('write')],
    ['a store that cannot be read', (_, { store }) => void store.refuse('read')],
    ['a store that gives no lock', (_, { store }) => void store.refuse('lock')],
    [
      'a store that tells what it was given',
      (kit, { store }) => {
        kit.inner.write = async (key, value) => {
          throw Object.assign(new Error(`${key} ${value}`), { code: value, value });
        };
        void store;
      },
    ],
    [
      'a store that refuses the answer',
      (_, { store }) => void store.refuse('write', { only: ({ pending }) => !!pending }),
    ],
    [
      'a record that is half there',
      async (kit) => kit.putRecord(JSON.stringify(await kit.stored()).slice(0, -9)),
    ],
    [
      'a sign-in of somebody else',
      async (kit, { session }) => session.establish(kit.tokens({ claims: claimsOf('x', 0) })),
    ],
    [
      'APIs that tell all secrets back',
      (kit) => {
        kit.op.web.on(`${api}/orders`, echo(401));
        kit.op.web.on(`${issuer}/userinfo`, echo(401, 'invalid_token'));
        kit.op.web.on(`${issuer}/revoke`, echo(400, 'invalid_request'));
      },
    ],
  ])('with %s', async (_, spoil) => {
    const { events, failures, id, traces } = await toldBy(spoil);
    expect(events.length).toBeGreaterThan(0);
    expect(traces.length + failures.length).toBeGreaterThan(1);
    for (const value of [...events, ...events.map(errorOf), ...failures, ...traces]) {
      const shown = shownOf(value);
      expect(shown).not.toContain('canary');
      expect(shown).not.toContain(id);
    }
  });

  it('nor the session itself, nor what is encrypted', async () => {
    const kit = sessionKit();
    const store = encryptedStore(kit.inner, new Uint8Array(32).fill(7));
    const { session } = await kit.expired({ store });
    await session.getAccessToken();
    expect(shownOf(session)).not.toContain('canary');
    expect(shownOf(session.current())).not.toContain('canary');
  });
});

function errorOf(event: SessionEvent): unknown {
  return 'error' in event ? event.error : undefined;
}
