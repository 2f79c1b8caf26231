import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';
import {
  createLogoutRequest,
  handleBackchannelLogout,
  type LogoutRequest,
  type LogoutRequestOptions,
  type LogoutTokenClaims,
} from '../../../src/index.ts';
import { type Page, publicClient } from '../../support/hostile-provider/index.ts';
import { clientOf, type SignedIn, type SignInOptions, signIn } from './acts.ts';
import type { Act } from './case.ts';

export const signedOut = 'https://rp.example/signed-out';
const clientId = 'logging-out-client';

/** What one sign-out came to. */
export interface SignedOut extends SignedIn {
  readonly request: LogoutRequest;
  /** What the provider answered to the browser. */
  readonly page: Page;
  /** What the client answered to the provider. */
  readonly answers: readonly { status: number; cacheControl: string | null; body: string }[];
  /** The sessions that are left, by their `sid`. */
  readonly sessions: ReadonlyMap<string, SignedIn>;
}

interface SigningOut {
  readonly options?: LogoutRequestOptions | undefined;
  readonly by?: 'url' | 'form' | undefined;
  /** Back-channel requests come to a process that has only just started. */
  readonly isCold?: boolean | undefined;
  /** What else is registered. */
  readonly registered?: object | undefined;
}

/**
 * Signs in, and out again with the switch on: the browser goes to the provider, which tells the
 * client in the back channel before it sends the browser back.
 */
export function signingOut(
  name: string,
  { options, by = 'url', isCold = false, registered }: SigningOut = {},
): Act<SignedOut> {
  return {
    name,
    provider: 'logging-out',
    run: async ({ op, inject }) => {
      const own: SignInOptions = { client: () => ({ clientId }) };
      const client = clientOf(op, own);
      const receiving = isCold ? clientOf(op, own) : client;
      const sessions = new Map<string, SignedIn>();
      const answers: SignedOut['answers'][number][] = [];
      const endSession = ({ sid }: LogoutTokenClaims) => void sessions.delete(sid ?? '');
      const receiver = await receive(async (request) => {
        const response = await handleBackchannelLogout(receiving, request, { endSession });
        const { headers, status } = response;
        const body = await response.clone().text();
        answers.push({ status, cacheControl: headers.get('cache-control'), body });
        return response;
      });
      try {
        op.clients.set(clientId, {
          ...publicClient,
          client_id: clientId,
          backchannel_logout_uri: receiver.url,
          ...registered,
        });
        const signedIn = await signIn(op, client, { use: 'nothing' });
        sessions.set(sidOf(signedIn), signedIn);
        sessions.set('of somebody else', signedIn);
        expect([...op.violations, ...op.warnings]).toEqual([]);
        inject();
        const request = await createLogoutRequest(client, {
          idTokenHint: signedIn.tokens.idToken,
          postLogoutRedirectUri: signedOut,
          ...options,
        });
        const page = await op.visit(by === 'url' ? request.url : request.form);
        return { ...signedIn, request, page, answers, sessions };
      } finally {
        op.clients.delete(clientId);
        await receiver.close();
      }
    },
  };
}

/** What an application that keeps sessions does with a logout token that it is sent. */
export async function answeredTo(
  { client }: Pick<SignedIn, 'client'>,
  token: string,
  ended: LogoutTokenClaims[] = [],
): Promise<Response> {
  const request = new Request('https://rp.example/backchannel', {
    method: 'POST',
    body: new URLSearchParams({ logout_token: token, unknown_field: 'to be ignored' }),
  });
  const endSession = (claims: LogoutTokenClaims) => void ended.push(claims);
  return handleBackchannelLogout(client, request, { endSession });
}

export function sidOf({ tokens }: Pick<SignedIn, 'tokens'>): string {
  const sid = tokens.claims?.['sid'];
  expect(sid).toEqual(expect.any(String));
  return sid as string;
}

/** The provider has been obeyed, and nobody else has been signed out. */
export function holdsEnded({ answers, sessions }: SignedOut): void {
  expect(answers).toEqual([{ status: 200, cacheControl: 'no-store', body: '' }]);
  expect([...sessions.keys()]).toEqual(['of somebody else']);
}

/** The provider has been refused, and every session lives on. */
export function holdsRefused({ answers, sessions }: SignedOut): void {
  const body = '{"error":"invalid_logout_token"}';
  expect(answers).toEqual([{ status: 400, cacheControl: 'no-store', body }]);
  expect(sessions.size).toBe(2);
}

/** Where the browser is sent, and the state that comes with it. */
export function returned({ page }: SignedOut): { place: string; state: string | null } {
  const url = new URL(page.location ?? '');
  return { place: url.origin + url.pathname, state: url.searchParams.get('state') };
}

/** The frame in the provider's page. */
export function framed({ page }: SignedOut): URL {
  const [, src = ''] = /<iframe src="([^"]*)">/.exec(page.body) ?? [];
  return new URL(src.replaceAll('&amp;', '&'));
}

/** A small web server, for requests that the provider makes. */
async function receive(handle: (request: Request) => Promise<Response>) {
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const { method = 'GET', headers } = incoming;
    const type = headers['content-type'] ?? '';
    const response = await handle(
      new Request('https://rp.example/backchannel', {
        method,
        headers: { 'content-type': type },
        body: Buffer.concat(chunks),
      }),
    );
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(await response.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/backchannel`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
