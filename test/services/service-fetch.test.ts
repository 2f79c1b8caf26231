import { generateKeyPair } from 'jose';
import { describe, expect, it } from 'vitest';
import { dpop, StepUpRequiredError, tokenExchangeGrant } from '../../src/index.ts';
import { memoryStore } from '../../src/storage/memory-store.ts';
import { failureOf } from '../support/relying-party.ts';
import { json, type Responder } from '../support/scripted-web.ts';
import { type ServiceOptions, second, serviceKit } from './service-kit.ts';

const api = 'https://api.example';
const items = `${api}/items`;
const refusing =
  (refused: string, challenge = 'Bearer error="invalid_token"'): Responder =>
  ({ headers }) =>
    headers.get('authorization') === refused
      ? json({}, 401, { 'www-authenticate': challenge })
      : json({ ok: true });

function setUp(responder: Responder, options: ServiceOptions = {}) {
  const kit = serviceKit();
  kit.op.web.on(items, responder);
  const service = kit.service({ resources: [{ url: api }], ...options });
  const presented = () =>
    kit.op.web.requests
      .filter(({ url }) => url.startsWith(api))
      .map(({ headers }) => headers.get('authorization'));
  return { ...kit, ...service, presented };
}

describe('fetch of service tokens', () => {
  it('sends a token to the configured APIs, and to nobody else', async () => {
    const { presented, requests, tokens } = setUp(() => json({ ok: true }));
    const response = await tokens.fetch(items, { method: 'POST', body: '{}' });
    expect(await response.json()).toEqual({ ok: true });
    expect(presented()).toEqual(['Bearer token-1']);
    const failure = await failureOf(() => tokens.fetch('https://elsewhere.example/items'));
    expect(failure).toMatchObject({ code: 'invalid_option', option: 'url' });
    expect(requests()).toBe(1);
  });

  it('replaces a token that the API refuses once, unless it is new', async () => {
    const { pass, presented, requests, tokens } = setUp(refusing('Bearer token-1'));
    expect((await tokens.fetch(items)).status).toBe(401);
    expect(requests()).toBe(1);
    await pass(31 * second);
    expect((await tokens.fetch(items)).status).toBe(200);
    expect(presented()).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-2']);
    expect(requests()).toBe(2);
  });

  it('asks for a token of the resource and scope that the API was configured with', async () => {
    const resources = [{ url: api, resource: 'urn:api', scope: 'items:read' }];
    const { op, tokens } = setUp(() => json({}), { resources });
    await tokens.fetch(items);
    const [asked] = op.tokenRequests();
    expect(asked?.get('resource')).toBe('urn:api');
    expect(asked?.get('scope')).toBe('items:read');
  });

  it('presents the token of the one on whose behalf it is called', async () => {
    const kit = setUp(() => json({}));
    const { tokens } = kit.service({
      resources: [{ url: api }],
      grant: {
        name: 'exchange',
        request: ({ subject, ...asked }) =>
          tokenExchangeGrant(kit.op.client(), { ...asked, subjectToken: `session of ${subject}` }),
      },
    });
    kit.answer(({ body }) => {
      const subject = new URLSearchParams(body).get('subject_token')?.split(' ').at(-1);
      const issued_token_type = 'urn:ietf:params:oauth:token-type:access_token';
      return kit.grant({ access_token: `for-${subject}`, issued_token_type });
    });
    await tokens.fetch(items, undefined, { subject: 'ada' });
    await tokens.fetch(items, {}, { subject: 'grace' });
    await tokens.fetch(items, {}, { subject: 'ada' });
    expect(kit.presented()).toEqual(['Bearer for-ada', 'Bearer for-grace', 'Bearer for-ada']);
    expect(kit.requests()).toBe(2);
  });

  it('says so where the API asks for a stronger sign-in of that one', async () => {
    const challenge = 'Bearer error="insufficient_user_authentication", acr_values="strong"';
    const { tokens } = setUp(refusing('Bearer token-1', challenge));
    const failure = await failureOf(() => tokens.fetch(items));
    expect(failure).toBeInstanceOf(StepUpRequiredError);
    expect(failure).toMatchObject({ code: 'step_up_required', acrValues: 'strong' });
  });

  it('proves the key of a token that is bound to one', async () => {
    const { answer, grant, op, tokens } = setUp(() => json({}), { client: { dpop: dpop() } });
    answer(() => grant({ token_type: 'DPoP' }));
    await tokens.fetch(items);
    const call = op.web.requests.find(({ url }) => url === items);
    expect(call?.headers.get('authorization')).toBe('DPoP token-1');
    expect(call?.headers.get('dpop')).toMatch(/^eyJ/);
  });
});

describe('service tokens that are bound to a key', () => {
  it('are shared by those who have the same key, and by nobody else', async () => {
    const kit = serviceKit();
    kit.answer(() => kit.grant({ token_type: 'DPoP' }));
    const store = memoryStore({ clock: kit.clock });
    const keyPair = await generateKeyPair('ES256');
    const tokenOf = (capability: ReturnType<typeof dpop>) =>
      kit.service({ store, client: { dpop: capability } }).tokens.getAccessToken();
    expect(await tokenOf(dpop({ keyPair }))).toBe('token-1');
    expect(await tokenOf(dpop({ keyPair }))).toBe('token-1');
    expect(await tokenOf(dpop())).toBe('token-2');
    expect(
      await kit
        .service({ store })
        .tokens.getAccessToken()
        .catch(() => 'none'),
    ).toBe('none');
  });
});
