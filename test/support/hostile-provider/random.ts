import { randomBytes, randomInt } from 'node:crypto';

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const PRINTABLE = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join(
  '',
);
// RFC 9449 section 8.1: everything printable except the space, the quote and the backslash.
const NONCE = PRINTABLE.replace(/[ "\\]/g, '');

export function randomId(): string {
  return randomBytes(12).toString('base64url');
}

export function alphanumeric(length: number): string {
  return pick(ALPHANUMERIC, length);
}

/** Printable ASCII in which everything that needs encoding somewhere does occur. */
export function awkward(length = 32): string {
  const characters = [...': %+&="/\\?#', ...pick(PRINTABLE, Math.max(0, length - 11))];
  for (let index = characters.length - 1; index > 0; index -= 1) {
    const other = randomInt(index + 1);
    const kept = characters[index] as string;
    characters[index] = characters[other] as string;
    characters[other] = kept;
  }
  return characters.join('');
}

export function dpopNonce(): string {
  return `${pick(NONCE, 84)}+/=,;'`;
}

function pick(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}
