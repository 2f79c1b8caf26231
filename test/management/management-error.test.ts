import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { isRelierError } from '../../src/index.ts';
import {
  accessToken,
  apiToken,
  createManagementClient,
  ManagementError,
} from '../../src/management/index.ts';
import { createWeb, json } from '../support/scripted-web.ts';
import { orgAndClient, rejection } from './kit.ts';

const org = 'https://org.example';
const secretsUrl = `${org}/api/v1/apps/app/credentials/secrets`;

/** What a call is rejected with when the org answers like this. */
async function refused(
  answer: Response,
  { auth = apiToken('ssws-secret-token'), secret = 'a-secret-of-the-client' } = {},
): Promise<ManagementError> {
  const web = createWeb({ [secretsUrl]: () => answer });
  const client = createManagementClient({ orgUrl: org, auth, fetch: web.fetch, retry: false });
  const call = client.applications.secrets.create('app', { client_secret: secret });
  return (await rejection(call)) as ManagementError;
}

describe('an error of the management API', () => {
  it('says what Okta says', async () => {
    const error = await refused(
      json(
        {
          errorCode: 'E0000001',
          errorSummary: 'Api validation failed: secret',
          errorLink: 'E0000001',
          errorId: 'oaeXYZ',
          errorCauses: [{ errorSummary: 'There are two already.' }, { other: 1 }],
        },
        400,
        {
          'x-okta-request-id': 'reqABC',
          'x-rate-limit-limit': '10',
          'x-rate-limit-remaining': '9',
          'x-rate-limit-reset': '1795262400',
          date: 'Sat, 21 Nov 2026 11:59:30 GMT',
        },
      ),
    );

    expect(error).toBeInstanceOf(ManagementError);
    expect(isRelierError(error)).toBe(true);
    expect(error.toJSON()).toEqual({
      name: 'ManagementError',
      message: `The request to ${secretsUrl} failed: 400 E0000001 (Api validation failed: secret; There are two already.).`,
      code: 'management_error',
      phase: 'management',
      retryable: false,
      status: 400,
      errorCode: 'E0000001',
      errorSummary: 'Api validation failed: secret',
      errorLink: 'E0000001',
      errorId: 'oaeXYZ',
      errorCauses: ['There are two already.'],
      requestId: 'reqABC',
      rateLimit: { limit: 10, remaining: 9, resetAt: 1795262400000, resetInMs: 30_000 },
      challenges: [],
    });
  });

  it('says what OAuth says', async () => {
    expect(
      await refused(json({ error: 'invalid_client', error_description: 'Unknown.' }, 401)),
    ).toMatchObject({ status: 401, error: 'invalid_client', errorDescription: 'Unknown.' });
  });

  it('says what a challenge says', async () => {
    const challenge =
      'DPoP algs="RS256 ES256", error="invalid_dpop_proof", error_description="The proof is old."';
    const error = await refused(
      new Response('', { status: 400, headers: { 'www-authenticate': challenge } }),
    );

    expect(error).toMatchObject({
      error: 'invalid_dpop_proof',
      errorDescription: 'The proof is old.',
      challenges: [{ scheme: 'dpop', parameters: { algs: 'RS256 ES256' } }],
    });
    expect(error.message).toMatch(/400 invalid_dpop_proof \(The proof is old\.\)/);
  });

  it.each([
    ['a page', '<html>502</html>'],
    ['nothing', ''],
    ['a list', '[1]'],
    ['wrong members', '{"errorCode":7,"errorSummary":{},"errorCauses":"x","errorId":null}'],
  ])('needs no more than a status: %s', async (_, body) => {
    const error = await refused(new Response(body, { status: 502 }));

    expect(error).toMatchObject({ status: 502, errorCauses: [], challenges: [] });
    expect(error.errorCode).toBeUndefined();
    expect(error.message).toBe(`The request to ${secretsUrl} failed: 502.`);
  });

  it('shows no more of a text than a log bears, and nothing that moves a cursor', async () => {
    const { errorSummary, errorCauses } = await refused(
      json(
        {
          errorSummary: `a\r\n\u001b[31m${'b'.repeat(9_000)}`,
          errorCauses: Array(99).fill({ errorSummary: 'c' }),
        },
        400,
      ),
    );

    expect(errorSummary).toMatch(/^a \[31mb+$/);
    expect(errorSummary?.length).toBeLessThanOrEqual(500);
    expect(errorCauses).toHaveLength(20);
  });

  it('takes time in proportion to the answer', async () => {
    for (const text of ['eyJ', 'eyJ.', 'a-secret-of-the-clien', '\u0001 ', '%2525']) {
      const errorSummary = text.repeat(900_000 / text.length);
      const answer = json({ errorSummary, errorCauses: [{ errorSummary }] }, 400);
      const started = performance.now();
      await refused(answer);
      expect(performance.now() - started, text).toBeLessThan(3_000);
    }
  });

  it.each([
    ['the client secret', 'a-secret-of-the-client'],
    ['the API token', 'ssws-secret-token'],
    ['the client secret, as a URL has it', 'a%2Dsecret%2Dof%2Dthe%2Dclient'],
    ['the beginning of one', `eyJ${'a'.repeat(60)}`],
    [
      'a token that it does not know',
      `eyJ${'a'.repeat(30)}.eyJ${'b'.repeat(30)}.${'c'.repeat(40)}`,
    ],
  ])('does not tell back %s', async (_, echoed) => {
    const error = await refused(
      json(
        {
          errorCode: 'E0000001',
          errorSummary: `Wrong: ${echoed}`,
          errorCauses: [{ errorSummary: `client_secret: '${echoed}' is too weak` }],
          errorId: echoed,
          error_description: echoed,
        },
        400,
        { 'www-authenticate': `SSWS error="x", error_description="${echoed}"` },
      ),
    );

    const shown = inspect(error, { depth: 9 }) + JSON.stringify(error) + error.stack;
    expect(shown).toContain('[redacted]');
    expect(shown).not.toContain(echoed);
  });

  it('does not tell back the beginning of a secret where a text is cut', async () => {
    const token = '00-abcdefghijklmnopqrstuvwxyz_0123456789AB';
    const auth = apiToken(token);
    for (const echoed of [token, encodeURIComponent(token).replaceAll('-', '%2D')]) {
      for (let at = 440; at < 520; at += 3) {
        const errorSummary = `${' x'.repeat(at / 2)}${echoed} ${'y'.repeat(600)}`;
        const answer = json({ errorSummary, errorCauses: [{ errorSummary }] }, 400);
        const error = await refused(answer, { auth });

        expect(inspect(error, { depth: 9 })).not.toMatch(/00(?:-|%2D)ab/);
      }
    }
  });

  it.each([
    'ssws-secret-token',
    'SSWS realm="a", ssws-secret-token',
    'SSWS ssws-secret-token="x"',
    'SSWS ssws-secret-token',
  ])('does not tell back a token that stands where none belongs: %s', async (challenge) => {
    const headers = { 'www-authenticate': challenge };
    const error = await refused(new Response('', { status: 401, headers }));

    expect(error.challenges).not.toEqual([]);
    expect(inspect(error, { depth: 9 })).not.toContain('ssws-secret');
  });

  it('is not made by an error of whoever has the token', async () => {
    const mine = new Error('mine');
    const auth = accessToken(() => Promise.reject(mine));

    expect(await refused(json({}), { auth })).toBe(mine);
  });
});

describe('what is no error', () => {
  it.each([
    ['no JSON', 'OK', { code: 'response_not_json', phase: 'management' }],
    ['half of it', '{"id":', { code: 'response_not_json' }],
    ['nothing', '', { check: 'management_response.object' }],
    ['a number', '7', { check: 'management_response.object' }],
    ['null', 'null', { check: 'management_response.object' }],
    ['a list', '[{"client_secret":"a-secret"}]', { check: 'management_response.object' }],
  ])('is refused where it is %s', async (_, body, expected) => {
    expect(await refused(new Response(body, { status: 201 }))).toMatchObject({
      ...expected,
      retryable: false,
    });
  });

  it('shows no secret', async () => {
    const { client, okta, traced } = await orgAndClient();
    const { id } = okta.addApp();
    const { secrets } = client.applications;
    const created = await secrets.create(id, { client_secret: 'a-secret-of-the-client' });
    const read = await secrets.get(id, created.id);
    const [listed] = await secrets.list(id).toArray();

    expect(read.client_secret).toBe('a-secret-of-the-client');
    expect(JSON.parse(JSON.stringify(read)).client_secret).toBe('a-secret-of-the-client');
    expect({ ...read }).toEqual(JSON.parse(JSON.stringify(read)));
    for (const secret of [created, read, { wrapped: [read] }]) {
      expect(inspect(secret, { depth: 9 })).toContain("client_secret: '[redacted]'");
      expect(inspect(secret, { depth: 9 })).not.toContain('a-secret-of-the-client');
    }
    expect(inspect(listed)).not.toContain(listed?.client_secret);
    expect([created, read, listed].every(Object.isFrozen)).toBe(true);
    expect(inspect(traced, { depth: 9 })).not.toContain('a-secret-of-the-client');
    expect(inspect(client, { depth: 9, showHidden: true })).not.toContain(okta.apiToken);
  });
});
