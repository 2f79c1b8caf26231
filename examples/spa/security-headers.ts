import { callbackPath, type PageConfig } from './src/settings.ts';

/** What the server of this page sends with it, whichever server that is. */
export function securityHeaders(
  { apiUrl, issuer }: PageConfig,
  path: string,
): Record<string, string> {
  // Signing in silently loads the callback page in a frame: a frame of this page, and of no other.
  const ancestors = path === callbackPath ? "'self'" : "'none'";
  return {
    'content-security-policy': [
      "default-src 'self'",
      `connect-src 'self' ${issuer} ${new URL(apiUrl).origin}`,
      `frame-src 'self' ${issuer}`,
      "base-uri 'none'",
      "form-action 'none'",
      `frame-ancestors ${ancestors}`,
    ].join('; '),
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  };
}
