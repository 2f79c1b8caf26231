import type { PageConfig } from './page-config.ts';

const members: Record<string, readonly [object, readonly string[]]> = {
  cookies: [Document.prototype, ['cookie']],
  indexedDB: [globalThis, ['indexedDB']],
  storage: [globalThis, ['localStorage', 'sessionStorage']],
};

/** Makes parts of the browser throw when they are touched, as they do where a person forbids them. */
export function forbid(parts: NonNullable<PageConfig['forbidden']>): void {
  const deny = () => {
    throw new DOMException('Forbidden here.', 'SecurityError');
  };
  for (const part of parts) {
    const [owner, names] = members[part] ?? [globalThis, []];
    for (const name of names) Object.defineProperty(owner, name, { get: deny, set: deny });
  }
}
