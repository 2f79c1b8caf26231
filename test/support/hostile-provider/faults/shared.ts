import { type ProtocolFailure, replace } from '../answers.ts';
import type { Fault } from '../faults.ts';
import { draftJwt } from '../jws.ts';
import type { Answer, Endpoint, Json, JwtDraft, Op, Params } from '../types.ts';

/** A row whose switch has only one position. */
export function single(fault: Fault): Record<string, Fault> {
  return { default: fault };
}

export function claims(draft: JwtDraft): Json {
  return draft.payload as Json;
}

/** Appends a character to a claim that is there, and leaves one that is not. */
export function spoil(draft: JwtDraft, claim: string, by = '1'): void {
  const payload = claims(draft);
  if (payload[claim] !== undefined) payload[claim] = `${String(payload[claim])}${by}`;
}

export function setParam(params: Params, name: string, value: string | undefined): void {
  const index = params.findIndex(([known]) => known === name);
  if (index >= 0) params.splice(index, 1);
  if (value !== undefined) params.push([name, value]);
}

/** Signs a draft by another algorithm, with the provider's own key for it. */
export function resign(op: Op, draft: JwtDraft, alg: string, kid?: string): void {
  const made = draftJwt(op.keys, alg, {});
  draft.alg = alg;
  draft.key = made.key;
  draft.header = { ...draft.header, ...made.header, ...(kid ? { kid } : {}) };
}

export function unsigned(draft: JwtDraft): void {
  draft.alg = 'none';
  draft.key = null;
  draft.header = { alg: 'none' };
}

/** Answers instead of the endpoint, which never sees the request. */
export function instead(answer: Answer): never {
  const failure: ProtocolFailure = Object.assign(new Error('taken over'), { error: '', answer });
  throw failure;
}

/** Replaces the answers of some endpoints, after the request was dealt with. */
export function answering(endpoints: Endpoint[], make: (op: Op) => Answer): Fault {
  const hook = (answer: Answer, { op }: { op: Op }): void => replace(answer, make(op));
  return { answer: Object.fromEntries(endpoints.map((endpoint) => [endpoint, hook])) };
}

/** Refuses requests to some endpoints before they are looked at. */
export function refusing(endpoints: Endpoint[], make: (op: Op) => Answer): Fault {
  const hook = (_: unknown, { op }: { op: Op }): void => instead(make(op));
  return { before: Object.fromEntries(endpoints.map((endpoint) => [endpoint, hook])) };
}
