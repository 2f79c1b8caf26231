import { describe, expect, it } from 'vitest';
import {
  createAuthorizationRequest,
  fetchServerKeys,
  fetchServerMetadata,
} from '../../src/index.ts';
import { document, issuer, setUp } from '../support/discovery.ts';
import type { Anything } from '../support/refusals.ts';
import { failureOf } from '../support/relying-party.ts';
import { defer, json } from '../support/scripted-web.ts';
import { quiet } from '../support/turns.ts';

const hour = 3_600_000;

describe('the metadata', () => {
  it('is asked for once, whoever needs it', async () => {
    const { client, count, web } = setUp();
    const first = await fetchServerMetadata(client);
    await createAuthorizationRequest(client, { redirectUri: 'https://app.example/cb' });
    expect(await fetchServerMetadata(client)).toBe(first);
    expect(first).toEqual(document());
    expect(Object.isFrozen(first)).toBe(true);
    expect(count()).toBe(1);
    expect(web.requests[0]?.headers.get('accept')).toBe('application/json');
  });

  it('is asked for once by a hundred callers at a time', async () => {
    const answer = defer<Response>();
    const { client, count } = setUp(() => answer.promise);
    const callers = Array.from({ length: 100 }, () => fetchServerMetadata(client));
    answer.resolve(json(document()));
    expect(new Set(await Promise.all(callers)).size).toBe(1);
    expect(count()).toBe(1);
  });

  it('belongs to one client', async () => {
    const one = setUp();
    const other = setUp();
    await fetchServerMetadata(one.client);
    await fetchServerMetadata(other.client);
    expect([one.count(), other.count()]).toEqual([1, 1]);
  });

  it('is asked for again after an hour, by either clock', async () => {
    const { client, clock, count } = setUp();
    await fetchServerMetadata(client);
    clock.advance(hour - 1);
    await fetchServerMetadata(client);
    expect(count()).toBe(1);
    clock.advance(1);
    await fetchServerMetadata(client);
    expect(count()).toBe(2);
    clock.setWall(clock.now() + hour);
    await fetchServerMetadata(client);
    expect(count()).toBe(3);
  });

  it('changes when the server has changed it', async () => {
    let version = 1;
    const { client, clock } = setUp(() =>
      json(document({ token_endpoint: `${issuer}/v${version}` })),
    );
    expect((await fetchServerMetadata(client)).token_endpoint).toBe(`${issuer}/v1`);
    version = 2;
    clock.advance(hour);
    expect((await fetchServerMetadata(client)).token_endpoint).toBe(`${issuer}/v2`);
  });
});

describe('a failure', () => {
  it('is not kept: the next caller asks again', async () => {
    let up = false;
    const { client, count } = setUp(() => (up ? json(document()) : json({}, 503)));
    expect(await failureOf(fetchServerMetadata(client))).toMatchObject({
      code: 'http_status',
      phase: 'discovery',
      status: 503,
      retryable: true,
    });
    up = true;
    expect(await fetchServerMetadata(client)).toEqual(document());
    expect(count()).toBe(2);
  });

  it('is shared by those who waited for it', async () => {
    const answer = defer<Response>();
    const { client, count } = setUp(() => answer.promise);
    const callers = [1, 2, 3].map(() => failureOf(fetchServerMetadata(client)));
    answer.resolve(json({}, 500));
    expect(new Set((await Promise.all(callers)).map(({ code }) => code))).toEqual(
      new Set(['http_status']),
    );
    expect(count()).toBe(1);
  });

  it('is covered by the old copy for a day, asking every 30 seconds', async () => {
    let up = true;
    const { client, clock, count, events } = setUp(() => (up ? json(document()) : json({}, 503)));
    const first = await fetchServerMetadata(client);
    up = false;
    clock.advance(hour);
    expect(await fetchServerMetadata(client)).toBe(first);
    expect(events).toContainEqual({ type: 'stale', phase: 'discovery', url: issuer });
    expect(count()).toBe(2);

    clock.advance(29_999);
    expect(await fetchServerMetadata(client)).toBe(first);
    expect(count()).toBe(2);
    clock.advance(1);
    expect(await fetchServerMetadata(client)).toBe(first);
    await quiet();
    expect(count()).toBe(3);

    up = true;
    clock.advance(30_000);
    // It is fetched while nobody waits.
    expect(await fetchServerMetadata(client)).toBe(first);
    await quiet();
    expect(await fetchServerMetadata(client)).not.toBe(first);
    expect(count()).toBe(4);

    up = false;
    clock.advance(24 * hour - 1);
    await fetchServerMetadata(client);
    clock.advance(1);
    expect(await failureOf(fetchServerMetadata(client))).toMatchObject({ status: 503 });
  });

  it('after a good renewal does not count as the next one', async () => {
    let up = true;
    const { client, clock, count } = setUp(() => (up ? json(document()) : json({}, 503)));
    await fetchServerMetadata(client);
    up = false;
    clock.advance(hour);
    await fetchServerMetadata(client);
    up = true;
    clock.advance(30_000);
    await fetchServerMetadata(client);
    await quiet();
    up = false;
    clock.advance(hour);
    await fetchServerMetadata(client);
    expect(count()).toBe(4);
  });

  it('tells one caller of many once that an old copy is in use', async () => {
    let up = true;
    const { client, clock, events } = setUp(() => (up ? json(document()) : json({}, 503)));
    await fetchServerMetadata(client);
    up = false;
    clock.advance(hour);
    await Promise.all([fetchServerMetadata(client), fetchServerMetadata(client)]);
    expect(events.filter(({ type }) => type === 'stale')).toHaveLength(1);
  });
});

describe('a caller who aborts', () => {
  it('leaves the fetch to the others', async () => {
    const answer = defer<Response>();
    const { client, count } = setUp(() => answer.promise);
    const controller = new AbortController();
    const impatient = failureOf(fetchServerMetadata(client, { signal: controller.signal }));
    const patient = fetchServerMetadata(client);
    controller.abort();
    expect(await impatient).toMatchObject({ code: 'aborted', phase: 'discovery' });
    answer.resolve(json(document()));
    expect(await patient).toEqual(document());
    expect(count()).toBe(1);
  });

  it('leaves the answer to those who come later', async () => {
    const answer = defer<Response>();
    const { client, count } = setUp(() => answer.promise);
    const controller = new AbortController();
    const impatient = failureOf(
      createAuthorizationRequest(client, {
        redirectUri: 'https://app.example/cb',
        signal: controller.signal,
      }),
    );
    controller.abort();
    await impatient;
    answer.resolve(json(document()));
    await fetchServerMetadata(client);
    expect(count()).toBe(1);
  });
});

describe('metadata of the application', () => {
  it('wins over what the server says, member by member', async () => {
    const { client } = setUp(undefined, {
      metadata: { token_endpoint: 'https://other.example/t' },
    });
    expect(await fetchServerMetadata(client)).toEqual(
      document({ token_endpoint: 'https://other.example/t' }),
    );
  });

  it('takes nothing away by a member that is undefined', async () => {
    const nothing: Anything = { token_endpoint: undefined };
    const { client } = setUp(undefined, { metadata: nothing });
    expect(await fetchServerMetadata(client)).toEqual(document());
  });

  it('is what it was when the client was made', async () => {
    const metadata = { token_endpoint: `${issuer}/t` };
    const { client } = setUp(undefined, { discovery: false, metadata });
    metadata.token_endpoint = 'https://other.example/t';
    expect(await fetchServerMetadata(client)).toMatchObject({ token_endpoint: `${issuer}/t` });
  });

  it('is all there is where nothing is discovered', async () => {
    const { client, count } = setUp(undefined, {
      discovery: false,
      metadata: { token_endpoint: `${issuer}/t` },
    });
    expect(await fetchServerMetadata(client)).toEqual({ issuer, token_endpoint: `${issuer}/t` });
    expect(await failureOf(fetchServerKeys(client))).toMatchObject({
      code: 'unsupported_by_server',
      option: 'jwks_uri',
    });
    expect(count()).toBe(0);
  });
});
