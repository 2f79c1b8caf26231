import { json } from './answers.ts';
import { findFault } from './faults.ts';
import { listen } from './http.ts';
import { publicJwk, rotateKeys, rsaKey } from './keys.ts';
import { frontchannelUrl, type LogoutTokenSubject, makeLogoutToken } from './logout.ts';
import { buildMetadata } from './metadata.ts';
import { answerRequest, createOp } from './provider.ts';
import { makeAccessToken } from './token-issue.ts';
import type {
  AccessTokenShape,
  Answer,
  ClientRegistration,
  Endpoint,
  HostileProviderOptions,
  Json,
  Op,
  RecordedRequest,
  Violation,
} from './types.ts';
import { passwordOf, subjectOf, usernameOf } from './user.ts';
import { type FormPost, followAuthorization, type Page, visit } from './user-agent.ts';

export { clientKey, defaultClients, publicClient } from './clients.ts';
export { secretsOf } from './echo-secrets.ts';
export { type Row, rows } from './rows.ts';
export type {
  ClientRegistration,
  Endpoint,
  HostileProviderOptions,
  RecordedRequest,
  Violation,
} from './types.ts';
export type { FormPost, Page } from './user-agent.ts';

export interface HostileProvider extends AsyncDisposable {
  readonly issuer: string;
  readonly origin: string;
  /** A second origin with the same endpoints; no honest client ever calls it. */
  readonly elsewhere: { readonly origin: string; readonly requests: readonly RecordedRequest[] };
  readonly requests: readonly RecordedRequest[];
  readonly violations: readonly Violation[];
  /** What is no violation yet. */
  readonly warnings: readonly Violation[];
  readonly clients: Map<string, ClientRegistration>;
  /** Errors that the next device or CIBA polls get before the approval. */
  readonly polls: string[];
  readonly subject: string;
  readonly username: string;
  readonly password: string;
  /** Turns a row's switch on; `value` fills in what a row leaves open (see `rows`). */
  fault(id: string, variant?: string, value?: string): void;
  /** Turns one switch off, or all of them. */
  clearFaults(id?: string): void;
  /** Requests to that endpoint, a browser's preflights left out. */
  count(endpoint: Endpoint): number;
  /** Forgets requests, violations and warnings; tokens and keys live on. */
  reset(): void;
  metadata(): Promise<Json>;
  rotateKeys(): Promise<void>;
  /** `fetch`, with the public origins mapped to where the provider listens. */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** Opens an authorization URL as a browser that approves; gives what the client receives. */
  authorize(
    url: URL | string | FormPost,
    options?: { redirect: 'manual' },
  ): Promise<URL | FormPost>;
  /** Opens any URL of the provider, or submits a form to it, and follows nothing. */
  visit(target: URL | string | FormPost): Promise<Page>;
  logoutToken(options?: LogoutTokenSubject & { fault?: string; variant?: string }): Promise<string>;
  accessToken(
    shape: Exclude<AccessTokenShape, 'opaque'>,
    claims?: Json,
    header?: Json,
  ): Promise<string>;
  /** Row TP-01: where the provider would send a browser to start a login. */
  initiateLoginUrl(clientId: string): URL;
  /** Row LO-10: what the provider's logout page would load in an iframe. */
  frontchannelLogoutUrl(clientId: string, sid: string): URL;
  close(): Promise<void>;
}

export async function startHostileProvider(
  options: HostileProviderOptions = {},
): Promise<HostileProvider> {
  let op: Op | undefined;
  const handle = (elsewhere: boolean) => async (request: Parameters<typeof answerRequest>[1]) => {
    if (!op) return { status: 503, headers: [], body: '' } satisfies Answer;
    if (elsewhere && request.target === '/attacker/jwks') await recordAttackerVisit(op, request);
    return elsewhere && request.target === '/attacker/jwks'
      ? json({ keys: [{ ...publicJwk(await rsaKey('attacker')), use: 'sig' }] })
      : answerRequest(op, request, elsewhere);
  };
  const [here, there] = await Promise.all([listen(handle(false)), listen(handle(true))]);
  const origin = options.origin ?? here.origin;
  const elsewhere = options.origin ? 'https://elsewhere.example' : there.origin;
  const started = await createOp(options, origin, elsewhere);
  op = started;
  const mapped = (url: string): string =>
    url.startsWith(origin)
      ? here.origin + url.slice(origin.length)
      : url.startsWith(elsewhere)
        ? there.origin + url.slice(elsewhere.length)
        : url;
  const provider = createProvider(started, mapped, async () => {
    await Promise.all([here.close(), there.close()]);
  });
  if (typeof options.fault === 'string') provider.fault(options.fault);
  else if (options.fault) provider.fault(...options.fault);
  return provider;
}

function createProvider(
  op: Op,
  mapped: (url: string) => string,
  close: () => Promise<void>,
): HostileProvider {
  const fetcher = (input: string | URL | Request, init?: RequestInit): Promise<Response> =>
    input instanceof Request
      ? fetch(new Request(mapped(input.url), input), init)
      : fetch(mapped(String(input)), init);
  const knownClient = (clientId: string): ClientRegistration => {
    const client = op.clients.get(clientId);
    if (!client) throw new Error(`no client ${clientId}`);
    return client;
  };
  return {
    issuer: op.issuer,
    origin: op.origin,
    elsewhere: { origin: op.elsewhere, requests: op.elsewhereRequests },
    requests: op.requests,
    violations: op.violations,
    warnings: op.warnings,
    clients: op.clients,
    polls: op.polls,
    subject: subjectOf(op),
    username: usernameOf(op),
    password: passwordOf(op),
    fault: (id, variant, value) => op.faults.enable(id, variant, value),
    clearFaults: (id) => {
      op.faults.disable(id);
      op.store.nonces.as = '';
      op.store.nonces.rs = '';
      op.store.announced.clear();
    },
    count: (endpoint) =>
      op.requests.filter((request) => request.endpoint === endpoint && request.method !== 'OPTIONS')
        .length,
    reset: () => {
      for (const list of [op.requests, op.elsewhereRequests, op.violations, op.warnings]) {
        list.length = 0;
      }
    },
    metadata: () => buildMetadata(op),
    rotateKeys: () => rotateKeys(op),
    fetch: fetcher,
    authorize: (url) => followAuthorization(fetcher, url),
    visit: (target) => visit(fetcher, target),
    logoutToken: ({ fault, variant, ...subject } = {}) =>
      makeLogoutToken(op, subject, fault === undefined ? undefined : findFault(fault, variant)),
    accessToken: (shape, claims, header) => makeAccessToken(op, shape, claims, header),
    initiateLoginUrl: (clientId) => {
      const url = new URL(knownClient(clientId).initiate_login_uri ?? '');
      url.searchParams.set('iss', op.issuer);
      return url;
    },
    frontchannelLogoutUrl: (clientId, sid) =>
      new URL(frontchannelUrl(op, { client: knownClient(clientId), sid }) ?? ''),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function recordAttackerVisit(
  op: Op,
  request: Parameters<typeof answerRequest>[1],
): Promise<void> {
  await answerRequest(op, request, true);
}
