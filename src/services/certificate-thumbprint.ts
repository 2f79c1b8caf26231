import { sha256 } from './token-digest.ts';

/**
 * The SHA-256 thumbprint of a client certificate (RFC 8705 section 3.1), or `undefined` for what is
 * none: DER; PEM, of which the first counts; base64 with or without colons around it, as a proxy
 * sends it (RFC 9440).
 */
export async function thumbprintOf(certificate: string | Uint8Array): Promise<string | undefined> {
  const der = typeof certificate === 'string' ? decoded(certificate) : certificate;
  return der?.length ? sha256(der) : undefined;
}

function decoded(certificate: string): Uint8Array | undefined {
  const [, inner] = /^\s*-----BEGIN CERTIFICATE-----([^-]+)-----END/.exec(certificate) ?? [];
  try {
    const bytes = atob((inner ?? certificate).replace(/^\s*:|:\s*$/g, ''));
    return Uint8Array.from(bytes, (byte) => byte.charCodeAt(0));
  } catch {
    return undefined;
  }
}
