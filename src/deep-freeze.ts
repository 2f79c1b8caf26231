/** Shared by all callers, so nobody's to change. */
export function deepFreeze<T extends object>(value: T): T {
  for (const name in value) {
    const member = value[name];
    if (typeof member === 'object' && member !== null) deepFreeze(member);
  }
  return Object.freeze(value);
}
