import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { authenticate } from './authentication.ts';
import { oktaError, refusalOf } from './errors.ts';
import type { Listener } from './http.ts';
import type { createMishaps } from './mishaps.ts';
import { match } from './operations.ts';
import { issueToken } from './org-token.ts';
import { type createRateLimits, rateLimitHeaders, rateLimitOf } from './rate-limits.ts';
import { checkHeaders, checkQuery, parseBody } from './request-rules.ts';
import { isObject } from './shapes.ts';
import type { Answer, Call, Operation, Org, RecordedRequest, Violation } from './types.ts';

interface Parts {
  readonly org: Org;
  readonly limits: ReturnType<typeof createRateLimits>;
  readonly mishaps: ReturnType<typeof createMishaps>;
  readonly concurrency: number;
  /** What requests wait for, if anything. */
  gate(): Promise<void> | undefined;
  record(request: RecordedRequest): void;
  violated(violation: Violation): void;
}

/** What becomes of a request, from its path to its answer. */
export function createResponder(parts: Parts): { respond: Listener; inTheAir(): number } {
  const { limits, mishaps } = parts;
  let inTheAir = 0;
  let stale: Pick<Org, 'servers' | 'apps'> | undefined;

  const respond: Listener = async (request, text) => {
    const { headers, method = 'GET', url: target = '/' } = request;
    const org: Org = {
      ...parts.org,
      violate: (message) => parts.violated({ request: `${method} ${target}`, message }),
    };
    const url = new URL(`${org.origin}${target}`);
    const found = safely(() => match(method, url.pathname));
    const operation = typeof found === 'object' ? found.operation : undefined;
    inTheAir++;
    const crowded = inTheAir > parts.concurrency;
    await parts.gate();
    const answer = await mishaps
      .around(operation, async () => {
        if (url.pathname === '/oauth2/v1/token' && method === 'POST') {
          return issueToken(org, url, headers, new URLSearchParams(text));
        }
        if (!found) throw oktaError('E0000008');
        if (found === 'path') throw oktaError('E0000022');
        if (crowded) throw oktaError('E0000047', rateLimitOf(org, 'concurrency', 1_000));
        return limited(found.operation, () => carryOut(org, request, { ...found, url }, text));
      })
      .catch(refusalOf);
    inTheAir--;
    const recorded = { method, target, headers, body: text, operation: operation?.id };
    parts.record({ ...recorded, status: typeof answer === 'object' ? answer.status : 0 });
    return typeof answer === 'object' ? dressed(org, answer) : answer;
  };
  return { respond, inTheAir: () => inTheAir };

  /** Takes a request from its bucket, and says on the answer what is left. */
  async function limited(operation: Operation, run: () => Promise<Answer>): Promise<Answer> {
    const { limit, remaining, resetAt, exceeded } = limits.take(operation);
    const counts = parts.org.faults.noRateLimitHeaders
      ? []
      : rateLimitHeaders(limit, remaining, resetAt);
    const answer = exceeded
      ? oktaError('E0000047').answer
      : await run().catch((cause: unknown) => refusalOf(cause));
    return { ...answer, headers: [...(answer.headers ?? []), ...counts] };
  }

  async function carryOut(
    org: Org,
    request: IncomingMessage,
    { operation, params, url }: Pick<Call, 'operation' | 'params' | 'url'>,
    text: string,
  ): Promise<Answer> {
    checkHeaders(org, request, text);
    const read = operation.method === 'GET';
    const listing = read && !operation.path.endsWith('}');
    const shown = listing && stale ? { ...org, ...stale } : org;
    const call: Call = { org: shown, operation, params, url, body: undefined };
    await authenticate(call, request.headers);
    checkQuery(org, operation, url);
    const body = parseBody(org, operation, text);
    if (listing) stale = undefined;
    if (!read) stale = org.faults.listsLag ? snapshot(org) : undefined;
    const answer = operation.run({ ...call, body });
    return org.faults.futureProperty ? withFutureProperty(answer) : answer;
  }
}

function safely<Result>(run: () => Result): Result | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

function snapshot({ apps, servers }: Org): Pick<Org, 'servers' | 'apps'> {
  return structuredClone({ servers, apps });
}

/** Every object of an answer has it, with what was sent or something new. */
function withFutureProperty(answer: Answer): Answer {
  const added = (item: unknown): unknown =>
    isObject(item) ? { futureProperty: { since: 2030 }, ...item } : item;
  const { body } = answer;
  return { ...answer, body: Array.isArray(body) ? body.map(added) : added(body) };
}

/** The headers that every answer has, in place of those that a fault sets. */
function dressed({ faults, now }: Org, answer: Answer): Answer {
  const date = new Date(now() + (faults.dateAheadMs ?? 0)).toUTCString();
  const headers = [
    ['x-okta-request-id', randomBytes(16).toString('base64url')],
    ...(faults.noDate ? [] : [['date', date]]),
    ...(answer.headers ?? []),
  ] as [string, string][];
  return { ...answer, headers };
}
