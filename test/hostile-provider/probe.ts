import type { HostileProvider } from '../support/hostile-provider/index.ts';
import { type JwtContext, normalise } from './describe-jwt.ts';

/** What was seen of the provider, as flat `artefact.member -> value`, free of random values. */
export type Observation = Map<string, string>;

export interface Probe {
  op: HostileProvider;
  seen: Observation;
  context: JwtContext;
  /** How long to wait for an answer, in milliseconds. */
  patience: number;
  /** What the provider's endpoints end with at the moment (row MD-08). */
  suffix: string;
}

export interface Seen {
  status: number;
  type: string;
  headers: Headers;
  text: string;
  body: Record<string, unknown>;
}

const shownHeaders = ['location', 'www-authenticate', 'retry-after', 'access-control-allow-origin'];

export async function send(probe: Probe, url: string, init: RequestInit = {}): Promise<Seen> {
  try {
    const signal = AbortSignal.timeout(probe.patience);
    const response = await fetch(url, { redirect: 'manual', signal, ...init });
    const { status, headers } = response;
    const text = await limited(response);
    return { status, type: headers.get('content-type') ?? '', headers, text, body: members(text) };
  } catch (cause) {
    const type = cause instanceof Error ? cause.name : '';
    return { status: 0, type, headers: new Headers(), text: '', body: {} };
  }
}

export function note(probe: Probe, name: string, answer: Seen): void {
  const { op, seen } = probe;
  seen.set(`${name}.status`, String(answer.status));
  seen.set(`${name}.type`, answer.type);
  for (const header of shownHeaders) {
    const value = answer.headers.get(header);
    if (value !== null) seen.set(`${name}.${header}`, normalise(op, value));
  }
  const nonce = answer.headers.get('dpop-nonce');
  if (nonce !== null) seen.set(`${name}.dpop-nonce`, shownNonce(nonce));
  if (Object.keys(answer.body).length === 0) {
    seen.set(`${name}.body`, normalise(op, answer.text).slice(0, 60));
  }
  for (const [member, value] of Object.entries(answer.body)) {
    const shown = ['refresh_token', 'request_uri'].includes(member) && typeof value === 'string';
    seen.set(`${name}.${member}`, shown ? 'random' : normalise(op, JSON.stringify(value)));
  }
}

/** Members that show that an artefact is another one now, and not just lacks the usual members. */
const failures = new Set(['status', 'way', 'body', 'payload', 'jwe', 'error']);
/** What to tell of an artefact that there was none of before. */
const telling = new Set(['status', 'signature', 'iss', 'aud', 'sub', 'header.alg', 'header.typ']);

/**
 * The notes that differ: `artefact+artefact.member=value` as it is now, `-artefact.member` where
 * one went away. What merely follows from an artefact's failure is left out.
 */
export function differences(before: Observation, after: Observation): string[] {
  const split = (path: string): [string, string] => {
    const dot = path.indexOf('.');
    return [path.slice(0, dot), path.slice(dot + 1)];
  };
  const changed = new Map<string, string[]>();
  const add = (artefact: string, change: string): void => {
    changed.set(change, [...(changed.get(change) ?? []), artefact]);
  };
  const reached = new Set([...after.keys()].map((path) => split(path)[0]));
  const known = new Set([...before.keys()].map((path) => split(path)[0]));
  const failed = new Set<string>();
  for (const [path, value] of after) {
    const [artefact, member] = split(path);
    if (before.get(path) === value) continue;
    if (!known.has(artefact) && !telling.has(member)) continue;
    if (failures.has(member)) failed.add(artefact);
    if (member !== 'error_description') add(artefact, `${member}=${value}`);
  }
  for (const artefact of failed) omit(changed, artefact);
  for (const path of before.keys()) {
    const [artefact, member] = split(path);
    const follows = failed.has(artefact) || !reached.has(artefact);
    if (!after.has(path) && !follows) add(artefact, `-${member}`);
  }
  return [...changed]
    .map(([change, artefacts]) =>
      change.startsWith('-')
        ? `-${artefacts.sort().join('+')}.${change.slice(1)}`
        : `${artefacts.sort().join('+')}.${change}`,
    )
    .sort();
}

/** Drops the content type of an artefact that shows better signs of its change. */
function omit(changed: Map<string, string[]>, artefact: string): void {
  for (const [change, artefacts] of changed) {
    if (!change.startsWith('type=')) continue;
    const others = artefacts.filter((other) => other !== artefact);
    if (others.length > 0) changed.set(change, others);
    else changed.delete(change);
  }
}

/** A body of which no more is read than it takes to see that it is too long, or does not end. */
async function limited(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  for (let chunks = 1; reader; chunks += 1) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    size += value.length;
    const dribbles = chunks > 3 && size < 100;
    if (size < 4_000_000 && !dribbles) continue;
    await reader.cancel();
    return dribbles ? 'does not end' : 'too long';
  }
  return Buffer.concat(parts).toString('utf8');
}

function members(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}

function shownNonce(nonce: string): string {
  const kind = nonce.includes(', ')
    ? 'two'
    : nonce.length === 90
      ? 'one of 90 characters'
      : `'${nonce}'`;
  return kind;
}
