import { randomBytes } from 'node:crypto';
import type { Faults } from './faults.ts';
import { listen } from './http.ts';
import { createMishaps, type Mishap, type MishapOptions } from './mishaps.ts';
import { operations } from './operations.ts';
import { type AppOptions, addApp, addRefreshTokens, createOrg } from './org.ts';
import { createRateLimits, generous, type RateLimits } from './rate-limits.ts';
import { createResponder } from './responder.ts';
import type { App, Json, Org, RecordedRequest, Violation } from './types.ts';

export interface OktaOptions {
  /** The org's clock, in ms since the epoch; the real one by default. */
  readonly now?: () => number;
  /** Requests a minute by bucket; more than a test needs by default, `freeOrg` for few. */
  readonly rateLimits?: RateLimits;
  /** How many requests may be in the air at once. */
  readonly concurrency?: number;
}

/** An org that keeps what it is told, and the documented rules, in memory. */
export interface Okta extends AsyncDisposable {
  /** The `orgUrl`. */
  readonly origin: string;
  /** An API token of an administrator. */
  readonly apiToken: string;
  /** What the org knows, for a test to look at. */
  readonly org: Org;
  /** Odd answers that Okta is known to give, off until set. */
  readonly faults: Faults;
  /** All requests with their answers' status, in the order of the answers. */
  readonly requests: readonly RecordedRequest[];
  /** What requests did that the documentation forbids, answered with success or not. */
  readonly violations: readonly Violation[];
  /** Something goes wrong with the next request, or the next of an operation. */
  happen(mishap: Mishap, options?: MishapOptions): void;
  /** Others of the org use up a bucket. */
  exhaust(bucket: keyof RateLimits): void;
  /** How many requests are not answered yet. */
  readonly inTheAir: number;
  /** Requests wait until the function that it gives back is called. */
  hold(): () => void;
  /** Carries out an operation without a request, as an administrator at the console does. */
  atConsole(operationId: string, params?: Readonly<Record<string, string>>, body?: Json): Json;
  addApp(options?: AppOptions): App;
  /** A client's refresh tokens at a server; gives back their ids. */
  addRefreshTokens(serverId: string, clientId: string, count?: number): string[];
  /** An access token of the org server, bound to the key with this thumbprint if there is one. */
  issueAccessToken(scopes: readonly string[], jkt?: string): string;
  /** Forgets requests, violations, faults, mishaps and what was used of the rate limits. */
  reset(): void;
}

/**
 * Starts an Okta org on a free loopback port, as strict as the documentation and as odd as live answers:
 * all 53 operations, and the org's token endpoint.
 */
export async function startOkta(options: OktaOptions = {}): Promise<Okta> {
  const { now = Date.now, rateLimits = generous, concurrency = 75 } = options;
  const requests: RecordedRequest[] = [];
  const violations: Violation[] = [];
  const apiToken = `ssws-${randomBytes(16).toString('hex')}`;
  const org = createOrg(now);
  org.apiTokens.add(apiToken);
  const limits = createRateLimits(org, rateLimits);
  const mishaps = createMishaps(org);
  let gate: Promise<void> | undefined;

  const responder = createResponder({
    org,
    limits,
    mishaps,
    concurrency,
    gate: () => gate,
    record: (request) => requests.push(request),
    violated: (violation) => violations.push(violation),
  });
  const { origin, close } = await listen(responder.respond);
  org.origin = origin;

  return {
    origin,
    apiToken,
    org,
    faults: org.faults,
    requests,
    violations,
    happen: mishaps.add,
    exhaust: limits.exhaust,
    get inTheAir() {
      return responder.inTheAir();
    },
    hold() {
      let open = () => {};
      gate = new Promise((resolve) => {
        open = () => {
          gate = undefined;
          resolve();
        };
      });
      return open;
    },
    atConsole(operationId, params = {}, body) {
      const operation = operations.find(({ id }) => id === operationId);
      if (!operation) throw new Error(`There is no operation ${operationId}.`);
      const url = new URL(`${origin}${operation.path}`);
      return operation.run({ org, operation, params, url, body }).body as Json;
    },
    addApp: (app) => addApp(org, app),
    addRefreshTokens: (serverId, clientId, count) =>
      addRefreshTokens(org, serverId, clientId, count),
    issueAccessToken(scopes, jkt) {
      const token = `okta-access-${randomBytes(16).toString('hex')}`;
      const expiresAt = now() + 3_600_000;
      org.accessTokens.set(token, { scopes, expiresAt, ...(jkt !== undefined && { jkt }) });
      return token;
    },
    reset() {
      requests.length = 0;
      violations.length = 0;
      mishaps.clear();
      limits.reset();
      for (const name of Object.keys(org.faults)) delete org.faults[name as keyof Faults];
    },
    [Symbol.asyncDispose]: close,
  };
}
