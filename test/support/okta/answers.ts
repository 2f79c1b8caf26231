import type { Answer, Call, Json } from './types.ts';

export const ok = (body: unknown): Answer => ({ status: 200, body });
export const created = (body: unknown): Answer => ({ status: 201, body });
export const noContent: Answer = { status: 204 };

/** A timestamp as Okta writes it, in UTC with milliseconds. */
export function timestamp(call: Pick<Call, 'org'>, daysAhead = 0): string {
  return new Date(call.org.now() + daysAhead * 86_400_000).toISOString();
}

/** `created` and `lastUpdated` of a new object, or of one that is changed. */
export function times(call: Pick<Call, 'org'>, old?: Json) {
  const now = timestamp(call);
  return { created: (old?.['created'] as string | undefined) ?? now, lastUpdated: now };
}

export interface Link {
  readonly href: string;
  readonly hints: { readonly allow: readonly string[] };
}

export function link({ org }: Pick<Call, 'org'>, path: string, ...allow: readonly string[]): Link {
  return { href: `${org.origin}${path}`, hints: { allow } };
}

/** The link that leads to the other of `ACTIVE` and `INACTIVE`. */
export function lifecycleLink(call: Pick<Call, 'org'>, path: string, status: unknown) {
  const verb = status === 'ACTIVE' ? 'deactivate' : 'activate';
  return { [verb]: link(call, `${path}/lifecycle/${verb}`, 'POST') };
}
