import { createHash } from 'node:crypto';

const FORMAT = 'relier record 1';

/** A record as bytes: a line that says what follows, and the value. */
export function encodeRecord(key: string, revision: string, value: string): Buffer {
  const body = JSON.stringify(value);
  const name = nameOfKey(key);
  const header = { format: FORMAT, key: name, revision, sha256: sha256(Buffer.from(body)) };
  return Buffer.from(`${JSON.stringify(header)}\n${body}`);
}

/**
 * The value, if the bytes are all of this very record: not torn, not of another version of this
 * library, and not copied from elsewhere.
 */
export function decodeRecord(bytes: Buffer, key: string, revision: string): string | undefined {
  const end = bytes.indexOf('\n');
  try {
    const header = JSON.parse(bytes.toString('utf8', 0, Math.max(end, 0)));
    const body = bytes.subarray(end + 1);
    const isWhole =
      header.format === FORMAT &&
      header.key === nameOfKey(key) &&
      header.revision === revision &&
      header.sha256 === sha256(body);
    const value: unknown = isWhole ? JSON.parse(body.toString()) : undefined;
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A key's name on the disk and in errors, where the key itself, which may be a secret, is not. */
export function nameOfKey(key: string): string {
  return sha256(Buffer.from(JSON.stringify(key)));
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
