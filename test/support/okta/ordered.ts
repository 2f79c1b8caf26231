/** Policies and rules are evaluated in the order of their priority, which counts from 1 without gaps. */
export function place<Item>(items: readonly Item[], item: Item, priority: unknown): Item[] {
  const others = items.filter((other) => other !== item);
  const wanted = typeof priority === 'number' ? priority : others.length + 1;
  const index = Math.min(Math.max(wanted, 1), others.length + 1) - 1;
  return others.toSpliced(index, 0, item);
}
