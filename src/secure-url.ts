import { ConfigurationError } from './errors.ts';

// Not names below localhost: browsers keep them on this machine, but resolvers ask the network.
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/** Whether the host of a URL can only be this machine. */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}

/** Parses an absolute URL, or one that is relative to a base, or returns `undefined`. */
export function parseUrl(value: unknown, base?: string): URL | undefined {
  try {
    return new URL(value as string, base);
  } catch {
    return undefined;
  }
}

/**
 * TLS or nothing: `http:` passes only to a host that can only be this machine (RFC 8252
 * section 7.3), and only where the caller allowed it.
 */
export function assertSecureUrl(url: URL, allowLoopback: boolean, option: string): URL {
  const { protocol, host, hostname } = url;
  if (protocol !== 'https:' && !(allowLoopback && protocol === 'http:' && isLoopback(hostname))) {
    throw new ConfigurationError(
      `The ${option} ${protocol}//${host} is not https.`,
      'insecure_url',
      option,
    );
  }
  return url;
}
