/**
 * What was found, with what is planned in its place. Members that the plan does not speak of stay, at
 * every level: somebody may have kept people out by them.
 */
export function asPlanned<Planned>(found: unknown, planned: Planned): Planned {
  if (!isRecord(found) || !isRecord(planned)) return planned;
  const members = Object.entries(planned).map(([name, value]) => [
    name,
    asPlanned(found[name], value),
  ]);
  return { ...found, ...Object.fromEntries(members) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
