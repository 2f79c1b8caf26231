import type { Ensured } from 'relier/management';
import { asPlanned } from './as-planned.ts';
import { isAsPlanned } from './is-as-planned.ts';

/** How a resource with a name is found, made and changed. */
export interface Calls<Planned, Found> {
  readonly list: AsyncIterable<Found>;
  create(planned: Planned): Promise<Found>;
  get(id: string): Promise<Found>;
  replace(id: string, planned: Planned): Promise<Found>;
}

/** What `ensureScope` does, for what relier has no such function. */
export async function ensureNamed<
  Planned extends { readonly name: string },
  Found extends Planned & { readonly id: string },
>(
  planned: Planned,
  { create, get, list, replace }: Calls<Planned, Found>,
): Promise<Ensured<Found>> {
  for await (const found of list) {
    if (found.name !== planned.name) continue;
    if (isAsPlanned(found, planned)) return { outcome: 'unchanged', value: found };
    // Lists may lag behind, and what they say would undo what somebody has changed since.
    const latest = await get(found.id);
    return isAsPlanned(latest, planned)
      ? { outcome: 'unchanged', value: latest }
      : { outcome: 'replaced', value: await replace(latest.id, asPlanned(latest, planned)) };
  }
  return { outcome: 'created', value: await create(planned) };
}
