import type { SecureContext } from 'node:tls';
import { invalidOption, requireOptions, requireText } from '../options.ts';

/** The certificate that a transport shows to servers that ask for one (RFC 8705 section 2). */
export type ClientCertificate =
  | {
      /** PEM: the certificate first, then those between it and the authority. */
      readonly cert: string | Uint8Array;
      /** PEM: the private key. */
      readonly key: string | Uint8Array;
      /** What the private key is encrypted with. */
      readonly passphrase?: string | undefined;
    }
  | {
      /** PKCS #12: certificate and private key in one. */
      readonly pfx: Uint8Array;
      /** What it is encrypted with. */
      readonly passphrase?: string | undefined;
    };

/** What the connections of one transport trust, and what they show. */
export interface TlsContexts {
  /** For the servers that requests are for; the runtime's own without one. */
  readonly server: SecureContext | undefined;
  /** For the proxy, which is nobody to show a client certificate to. */
  readonly proxy: SecureContext | undefined;
}

/** Reads certificates and keys once, so that one that cannot be used is noticed before a request. */
export function tlsContexts(ca: unknown, certificate: unknown): TlsContexts {
  const trusted = ca === undefined ? undefined : requireAuthorities(ca);
  const shown = certificate === undefined ? undefined : requireCertificate(certificate);
  const proxy = trusted && secureContext('ca', { ca: trusted });
  if (!shown) return { server: proxy, proxy };
  const server = secureContext('certificate', { ...(trusted && { ca: trusted }), ...shown });
  return { server, proxy };
}

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The system passes over what it cannot read, and then trusts nobody. */
function requireAuthorities(ca: unknown): string[] {
  const found = [ca].flat().flatMap((pem) => {
    const certificates = textOf(pem).match(PEM);
    if (!certificates)
      throw invalidOption('ca', 'must be PEM with certificates, or a list of such');
    return certificates;
  });
  const { X509Certificate } = process.getBuiltinModule('node:crypto');
  for (const certificate of found) attempt('ca', () => new X509Certificate(certificate));
  if (found.length === 0) throw invalidOption('ca', 'must not be empty: nobody would be trusted');
  return found;
}

function requireCertificate(certificate: unknown) {
  requireOptions(certificate, 'certificate');
  const { cert, key, passphrase, pfx } = certificate as Record<string, unknown>;
  if (passphrase !== undefined) requireText(passphrase, 'certificate.passphrase');
  const secret = passphrase === undefined ? {} : { passphrase: passphrase as string };
  if (pfx !== undefined) {
    if (cert !== undefined || key !== undefined || !(pfx instanceof Uint8Array)) {
      throw invalidOption('certificate', 'must have either pfx (bytes), or cert and key (PEM)');
    }
    return { pfx: Buffer.from(pfx), ...secret };
  }
  if (!textOf(cert) || !textOf(key)) {
    throw invalidOption('certificate', 'must have cert and key (PEM), or pfx (bytes)');
  }
  return { cert: textOf(cert), key: textOf(key), ...secret };
}

function secureContext(option: string, settings: object): SecureContext {
  // Only here: the module is slow to load, and most transports do without.
  const { createSecureContext } = process.getBuiltinModule('node:tls');
  return attempt(option, () => createSecureContext(settings));
}

function attempt<T>(option: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    // Never the message: nobody has promised that it shows nothing of a key.
    const { code } = Object(error);
    throw invalidOption(option, `cannot be used${/^ERR_\w+$/.test(code) ? ` (${code})` : ''}`);
  }
}

function textOf(pem: unknown): string {
  if (pem instanceof Uint8Array) return Buffer.from(pem).toString('latin1');
  return typeof pem === 'string' ? pem : '';
}
