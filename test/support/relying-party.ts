import {
  type AnyRelierError,
  type AuthorizationRequestOptions,
  type AuthorizationResult,
  type Client,
  type ClientOptions,
  createAuthorizationRequest,
  createClient,
  handleAuthorizationResponse,
  isRelierError,
  type Trace,
  type TraceEvent,
} from '../../src/index.ts';
import type { HostileProvider } from './hostile-provider/index.ts';
import { redirectUri } from './openid-provider.ts';
import { ada, createUserAgent } from './user-agent.ts';

/** A person with a browser: takes the authorization URL, comes back with the callback URL. */
export type Browser = (url: URL) => Promise<URL>;

export const hostileCallback = 'https://rp.example/callback';
export const hostileClientId = 's6BhdRkqt3';

/** Ada signs in at the real provider, allows access, and remembers nothing afterwards. */
export const asAda: Browser = (url) => createUserAgent().signIn(url, ada);

/** A client of a provider on this machine. */
export function localClient(
  issuer: string,
  options: Partial<ClientOptions> & { clientId: string },
): Client {
  return createClient({ issuer, allowInsecureRequests: 'loopback', ...options });
}

/** A client of the hostile provider: the public one, unless told otherwise. */
export function hostileClient(
  op: Pick<HostileProvider, 'issuer'>,
  options: Partial<ClientOptions> = {},
): Client {
  return localClient(op.issuer, { clientId: hostileClientId, ...options });
}

/** Signs in from start to end. */
export async function signIn(
  client: Client,
  browser: Browser,
  options: Partial<AuthorizationRequestOptions> = {},
): Promise<AuthorizationResult> {
  const { url, transaction } = await createAuthorizationRequest(client, {
    redirectUri,
    ...options,
  });
  return handleAuthorizationResponse(client, transaction, await browser(url));
}

/** Signs in at the hostile provider, which approves everything at once. */
export function signInAt(
  op: HostileProvider,
  client: Client = hostileClient(op),
  options: Partial<AuthorizationRequestOptions> = {},
): Promise<AuthorizationResult> {
  return signIn(client, browserOf(op), { redirectUri: hostileCallback, ...options });
}

export function browserOf(op: HostileProvider): Browser {
  return async (url) => (await op.authorize(url)) as URL;
}

/** The endpoints that were called, each once, in the order of their first call. */
export function reached(op: HostileProvider): string[] {
  return [...new Set(op.requests.map(({ endpoint }) => endpoint))];
}

/** The typed error that the work fails with; anything else fails the test. */
export async function failureOf(work: Promise<unknown> | (() => unknown)): Promise<AnyRelierError> {
  let result: unknown;
  try {
    result = await (typeof work === 'function' ? work() : work);
  } catch (error) {
    if (isRelierError(error)) return error;
    throw new Error('The failure is no relier error.', { cause: error });
  }
  throw new Error(`Nothing failed; the result was ${JSON.stringify(result)}.`);
}

export interface Recorder {
  readonly trace: Trace;
  readonly events: readonly TraceEvent[];
  /** The names of the checks that passed. */
  checks(): string[];
}

export function createRecorder(): Recorder {
  const events: TraceEvent[] = [];
  return {
    trace: (event) => void events.push(event),
    events,
    checks: () => events.flatMap((event) => (event.type === 'check' ? [event.check] : [])),
  };
}
