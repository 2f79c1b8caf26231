import { expect } from 'vitest';
import type { Client, TokenSet } from '../../../src/index.ts';
import { type LoopbackSignInOptions, signInWithLoopback } from '../../../src/node/index.ts';
import {
  answerTo,
  callbackOf,
  type Knock,
  knock,
  post,
  type Reply,
  visitor,
} from '../../node/loopback-visitor.ts';
import type { HostileProvider } from '../../support/hostile-provider/index.ts';
import { doing } from '../kit/acts.ts';
import { accepts, configuration, oauth, refuses, type Table } from '../kit/case.ts';
import { asked, discovered, verified } from '../kit/flows.ts';
import { nativeClient } from '../kit/providers.ts';

/** A finished sign-in, and what there was to see of it. */
interface LoopbackSignIn {
  readonly tokens: TokenSet;
  readonly url: URL;
  readonly page: Reply;
}

/** Signs in at the provider, which approves everything, and comes back in the way it was sent. */
async function comeBack(op: HostileProvider, url: URL): Promise<Reply> {
  const answer = await op.authorize(url);
  return answer instanceof URL
    ? knock(answer)
    : post(answer.action, `${new URLSearchParams(answer.entries)}`);
}

async function signIn(
  client: Client,
  op: HostileProvider,
  before: (url: URL) => Promise<void> = async () => {},
  options: LoopbackSignInOptions = {},
): Promise<LoopbackSignIn> {
  const { openBrowser, opened, shown } = visitor(async (url) => {
    await before(url);
    return comeBack(op, url);
  });
  const tokens = await signInWithLoopback(client, { ...options, openBrowser });
  return { tokens, url: opened[0] as URL, page: (await shown[0]) as Reply };
}

const native = { client: () => ({ clientId: nativeClient.client_id }) };

const loopback = (
  name: string,
  before?: (url: URL) => Promise<void>,
  options?: LoopbackSignInOptions,
) => doing(`loopback, ${name}`, native, (client, op) => signIn(client, op, before, options));

/** Knocks in a way that has to be refused, before the person comes back. */
const knocking = (name: string, status: number, where: (url: URL) => URL, how?: Knock) =>
  loopback(name, async (url) => {
    expect((await knock(where(url), how)).status).toBe(status);
  });

const at = (path: string) => (url: URL) => new URL(path, callbackOf(url));
const stranger = { code: 'the code of a stranger', state: 'x'.repeat(43) };

/** The address is opened by a program that must never see it. */
const unopened = doing('loopback, an address that no browser should be given', native, (client) =>
  signInWithLoopback(client, { openBrowser: () => expect.fail('was opened') }),
);

/** Section 5.6: applications on the person's own machine. */
export const nativeTable: Table = [
  ...(['127.0.0.1', '[::1]'] as const).map((host) =>
    accepts('NA-01', loopback(`at ${host}`, undefined, { host }), verified, ({ url }, op) => {
      const redirectUri = callbackOf(url).href;
      expect(redirectUri).toMatch(`http://${host}:`);
      const exchange = op.requests.find(({ endpoint }) => endpoint === 'token');
      expect(exchange?.params).toContainEqual(['redirect_uri', redirectUri]);
    }),
  ),
  ...[
    knocking('the icon', 404, at('/favicon.ico')),
    knocking('another path', 404, at('/callback/more')),
    knocking('POST', 405, callbackOf, { body: 'code=c' }),
    knocking('HEAD', 405, callbackOf, { method: 'HEAD' }),
    knocking('another name', 404, callbackOf, { headers: { host: 'evil.example' } }),
  ].map((act) => accepts('NA-02', act, verified)),
  ...[
    knocking('a wrong state', 400, (url) => answerTo(url, stranger)),
    knocking('an error and a wrong state', 400, (url) =>
      answerTo(url, { error: 'access_denied', state: stranger.state }),
    ),
    knocking('no state', 400, (url) => answerTo(url, { code: stranger.code, state: '' })),
  ].map((act) =>
    accepts('NA-03', act, verified, ({ tokens }, op) => {
      expect(tokens.claims?.sub).toBe(op.subject);
    }),
  ),
  accepts(
    'NA-03',
    loopback(
      'a form with a wrong state',
      async (url) => {
        const reply = await post(callbackOf(url), `${new URLSearchParams(stranger)}`);
        expect(reply.status).toBe(400);
      },
      { responseMode: 'form_post' },
    ),
    verified,
  ),
  accepts('NA-04', loopback('the page at the end'), verified, async ({ page, url }) => {
    expect(page).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } });
    expect(page.body).not.toMatch(/code|state|[\w-]{40}/);
    await expect(knock(callbackOf(url))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  }),
  refuses('NA-05', loopback('cancelled'), oauth('access_denied'), asked),
  refuses(
    'NA-05',
    doing('loopback, nobody comes back', native, (client) =>
      signInWithLoopback(client, { openBrowser: () => {}, timeoutMs: 1 }),
    ),
    { name: 'TimeoutError', code: 'timeout', retryable: true },
    discovered,
  ),
  refuses(
    'NA-05',
    loopback('cancelled by a form', undefined, { responseMode: 'form_post' }),
    oauth('access_denied'),
    asked,
  ),
  ...['file', 'javascript', 'http', 'shell'].map((variant) =>
    refuses(
      `NA-07/${variant}`,
      unopened,
      configuration('insecure_url', 'authorization_endpoint'),
      discovered,
    ),
  ),
  accepts('NA-08', loopback('without a secret'), verified, ({ url }, op) => {
    expect(url.searchParams.get('code_challenge_method')).toBe('S256');
    const exchange = op.requests.find(({ endpoint }) => endpoint === 'token');
    const names = exchange?.params.map(([name]) => name);
    expect(names).toContain('code_verifier');
    expect(names).toContain('client_id');
    expect(names).not.toContain('client_secret');
    expect(exchange?.headers).not.toHaveProperty('authorization');
  }),
];
