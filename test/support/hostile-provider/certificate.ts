import { createPublicKey, type KeyObject, sign } from 'node:crypto';

const SHA256_WITH_RSA = Buffer.from('300d06092a864886f70d01010b0500', 'hex');

/** A self-signed certificate of an RSA key, for headers that carry one; no more than parseable. */
export function selfSigned(key: KeyObject): Buffer {
  const commonName = der(0x30, [
    Buffer.from('0603550403', 'hex'),
    der(0x0c, [Buffer.from('attacker')]),
  ]);
  const name = der(0x30, [der(0x31, [commonName])]);
  const validity = der(0x30, [utcTime('200101000000Z'), utcTime('491231235959Z')]);
  const body = der(0x30, [
    der(0x02, [Buffer.from([1])]),
    SHA256_WITH_RSA,
    name,
    validity,
    name,
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
  ]);
  const signature = sign('sha256', body, key);
  return der(0x30, [body, SHA256_WITH_RSA, der(0x03, [Buffer.from([0]), signature])]);
}

function utcTime(text: string): Buffer {
  return der(0x17, [Buffer.from(text)]);
}

function der(tag: number, parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}
