import { ConfigurationError } from './errors.ts';

const LOOPBACK = /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/;

/** Parses an absolute URL, or returns `undefined`. */
export function parseUrl(value: unknown): URL | undefined {
  try {
    return new URL(value as string);
  } catch {
    return undefined;
  }
}

/**
 * TLS or nothing: `http:` passes only to a host that can only be this machine (RFC 8252
 * section 7.3, RFC 6761 section 6.3), and only where the caller allowed it.
 */
export function assertSecureUrl(url: URL, allowLoopback: boolean, option: string): URL {
  const { protocol, host, hostname } = url;
  if (
    protocol !== 'https:' &&
    !(allowLoopback && protocol === 'http:' && LOOPBACK.test(hostname))
  ) {
    throw new ConfigurationError(
      `The ${option} ${protocol}//${host} is not https.`,
      'insecure_url',
      option,
    );
  }
  return url;
}
