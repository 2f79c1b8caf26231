import { invalidOption } from '../options.ts';

/** Private members of RSA, elliptic-curve and symmetric keys (RFC 7518 section 6). */
const PRIVATE_MEMBERS = ['d', 'k', 'p', 'q', 'dp', 'dq', 'qi', 'oth'];

/** A private key is refused before it leaves: by itself, in a list, in a set, or where a set should be. */
export function requirePublicKeys(value: unknown, option: string): void {
  const keys = [value, Object(value).keys].flat();
  if (keys.some((key) => PRIVATE_MEMBERS.some((member) => member in Object(key)))) {
    throw invalidOption(option, 'must be public');
  }
}
