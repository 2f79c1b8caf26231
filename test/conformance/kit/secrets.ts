import { inspect } from 'node:util';
import { type HostileProvider, secretsOf } from '../../support/hostile-provider/index.ts';

/** The secrets of recorded requests that an error shows, in whatever way it is printed. */
export function leaks(error: Error, op: HostileProvider): string[] {
  const shown = [
    error.message,
    error.stack,
    JSON.stringify(error),
    inspect(error, { depth: 10, showHidden: true }),
    inspect(error.cause, { depth: 10 }),
  ].join('\n');
  const secrets = op.requests.flatMap(secretsOf).filter(({ length }) => length > 3);
  return [...new Set(secrets)].filter((secret) => shown.includes(secret));
}
