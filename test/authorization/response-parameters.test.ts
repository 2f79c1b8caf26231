import { beforeEach, describe, expect, it } from 'vitest';
import {
  type Client,
  createAuthorizationRequest,
  handleAuthorizationResponse,
  type Transaction,
} from '../../src/index.ts';
import type { Anything } from '../support/refusals.ts';
import { failureOf } from '../support/relying-party.ts';
import { callback, type ScriptedProvider, scriptedProvider } from '../support/scripted-provider.ts';
import { defer } from '../support/scripted-web.ts';

const form = 'application/x-www-form-urlencoded';

let provider: ScriptedProvider;
let client: Client;
let transaction: Transaction;

beforeEach(async () => {
  provider = scriptedProvider();
  client = provider.client();
  ({ transaction } = await createAuthorizationRequest(client, {
    redirectUri: callback,
    scope: 'accounts',
    responseMode: 'form_post',
  }));
});

const posted = (body: BodyInit, type: string | null = form) =>
  new Request(callback, {
    method: 'POST',
    body,
    headers: type === null ? {} : { 'content-type': type },
    duplex: 'half',
  } as RequestInit);

const fields = () => `code=the-code&state=${transaction.state}`;
const finish = (response: Anything, signal?: AbortSignal) =>
  handleAuthorizationResponse(client, transaction, response, { signal });

/** A body that is made while it is read. */
function streamed(pull: (controller: ReadableStreamDefaultController<Uint8Array>) => void) {
  const state = { isCancelled: false, pulled: 0 };
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      state.pulled += 1;
      pull(controller);
    },
    cancel() {
      state.isCancelled = true;
    },
  });
  return { stream, state };
}

describe('a posted form', () => {
  it.each([
    form,
    'Application/X-WWW-Form-Urlencoded',
    `${form}; charset=UTF-8`,
    `${form};charset=utf-8`,
    `${form} ; charset=utf-8`,
  ])('of type %s is read', async (type) => {
    const { tokens } = await finish(posted(fields(), type));
    expect(tokens.accessToken).toBe('access');
    expect(provider.tokenRequests().map((sent) => sent.get('code'))).toEqual(['the-code']);
  });

  it.each([
    `${form}-evil`,
    `${form}d`,
    `text/plain; ${form}`,
    'multipart/form-data; boundary=x',
    'application/json',
    'text/plain',
  ])('of type %s is refused', async (type) => {
    expect(await failureOf(finish(posted(fields(), type)))).toMatchObject({
      code: 'invalid_authorization_response',
      check: 'authorization_response.content_type',
    });
    expect(provider.tokenRequests()).toEqual([]);
  });

  it('of no type is refused', async () => {
    const body = new TextEncoder().encode(fields());
    const error = await failureOf(finish(posted(body, null)));
    expect(error).toMatchObject({ check: 'authorization_response.content_type' });
  });

  it('over a megabyte is refused before it has been read whole', async () => {
    const chunk = new Uint8Array(262_144).fill(97);
    const { stream, state } = streamed((controller) => controller.enqueue(chunk));
    expect(await failureOf(finish(posted(stream)))).toMatchObject({
      code: 'invalid_authorization_response',
      check: 'authorization_response.size',
    });
    expect(state.isCancelled).toBe(true);
    expect(state.pulled).toBeLessThan(8);
  });

  it('that breaks off is a typed error that shows nothing of why', async () => {
    const { stream } = streamed((controller) => controller.error(new Error('code=the-code')));
    const error = await failureOf(finish(posted(stream)));
    expect(error).toMatchObject({
      code: 'invalid_authorization_response',
      check: 'authorization_response.body',
    });
    expect(JSON.stringify(error)).not.toContain('the-code');
  });

  it('that was read already is a mistake of the caller', async () => {
    const request = posted(fields());
    await request.text();
    expect(await failureOf(finish(request))).toMatchObject({
      name: 'ConfigurationError',
      option: 'response',
    });
  });

  it('that never ends is given up on by the caller', async () => {
    const reading = defer();
    const { stream } = streamed(() => reading.resolve());
    const controller = new AbortController();
    const failure = failureOf(finish(posted(stream), controller.signal));
    await reading.promise;
    controller.abort();
    expect(await failure).toMatchObject({ code: 'aborted', phase: 'authorization' });
  });

  it('without a body is a response without a state', async () => {
    const request = new Request(callback, { method: 'POST', headers: { 'content-type': form } });
    expect(await failureOf(finish(request))).toMatchObject({
      check: 'authorization_response.state',
    });
  });
});

describe('a lookup', () => {
  const response = () => new URLSearchParams(fields());
  const lookUp = (lookup: Anything, signal?: AbortSignal) =>
    failureOf(handleAuthorizationResponse(client, lookup, response(), { signal }));

  it('that never answers is given up on by the caller', async () => {
    const controller = new AbortController();
    const asked = defer();
    const failure = lookUp(() => {
      asked.resolve();
      return new Promise(() => {});
    }, controller.signal);
    await asked.promise;
    controller.abort();
    expect(await failure).toMatchObject({ code: 'aborted', phase: 'authorization' });
    expect(provider.tokenRequests()).toEqual([]);
  });

  it('that finds nothing ends the sign-in', async () => {
    for (const nothing of [undefined, null]) {
      expect(await lookUp(() => nothing)).toMatchObject({ code: 'transaction_not_found' });
    }
  });

  it.each([
    '__proto__',
    'constructor',
    '../../etc/passwd',
    '{"$gt":""}',
    `${'a'.repeat(42)}\n`,
    'a'.repeat(42),
    'a'.repeat(44),
    'x'.repeat(1_000_000),
  ])('is not asked for the odd state %.20s', async (state) => {
    const asked: string[] = [];
    const work = handleAuthorizationResponse(
      client,
      (wanted) => {
        asked.push(wanted);
        return undefined;
      },
      new URLSearchParams({ code: 'c', state }),
    );
    expect(await failureOf(work)).toMatchObject({ check: 'authorization_response.state' });
    expect(asked).toEqual([]);
  });
});

describe('a response', () => {
  it.each([undefined, null, 'https://app.example/callback?code=c', 42])(
    'that is %s is a mistake of the caller',
    async (response) => {
      expect(await failureOf(finish(response))).toMatchObject({
        name: 'ConfigurationError',
        option: 'response',
      });
    },
  );

  it('in the query of a GET is not one in a form', async () => {
    const error = await failureOf(finish(new Request(`${callback}?${fields()}`)));
    expect(error).toMatchObject({ check: 'authorization_response.response_mode' });
  });

  it('at another path is refused', async () => {
    const body = new URLSearchParams(fields());
    const request = new Request('https://app.example/other', { method: 'POST', body });
    expect(await failureOf(finish(request))).toMatchObject({
      check: 'authorization_response.redirect_uri',
    });
  });
});

describe('a window message', () => {
  beforeEach(async () => {
    ({ transaction } = await createAuthorizationRequest(client, {
      redirectUri: callback,
      scope: 'accounts',
      responseMode: 'web_message',
    }));
  });
  const flat = () => ({ code: 'the-code', state: transaction.state });

  it.each<[form: string, data: () => object]>([
    ['flat', flat],
    ['one level down', () => ({ type: 'authorization_response', response: flat() })],
    ['beside members that are no text', () => ({ ...flat(), error: null, ok: true, at: 1 })],
    ['with a response of null', () => ({ ...flat(), response: null })],
  ])('is read: %s', async (_, data) => {
    expect((await finish(data())).tokens.accessToken).toBe('access');
  });

  it.each<[form: string, data: () => object]>([
    ['with inherited members', () => Object.create(flat())],
    ['with a state that is a list', () => ({ ...flat(), state: [transaction.state] })],
    ['that is a list', () => [flat()]],
  ])('is refused: %s', async (_, data) => {
    const error = await failureOf(finish(data()));
    expect(error).toMatchObject({ check: 'authorization_response.state' });
  });

  it('does not stand in for a redirect', async () => {
    const { transaction: other } = await createAuthorizationRequest(client, {
      redirectUri: callback,
    });
    const message = { code: 'c', state: other.state };
    const work = handleAuthorizationResponse(client, other, message);
    expect(await failureOf(work)).toMatchObject({ check: 'authorization_response.response_mode' });
  });
});
