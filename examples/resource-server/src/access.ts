import { type AccessTokenValidator, createAccessTokenValidator } from 'relier';

export interface ApiSettings {
  /** Whose tokens the API takes. */
  readonly issuer: string;
  /** Where clients find the API; its name at the provider, too. */
  readonly url: string;
}

/** The path of the API's name comes behind the well-known part (RFC 9728 section 3.1). */
export const metadataPath = '/.well-known/oauth-protected-resource/reports';

/** One for the life of the program: it holds the provider's keys. */
export function accessTokens({ issuer, url }: ApiSettings): AccessTokenValidator {
  return createAccessTokenValidator({
    issuer,
    audience: url,
    // Proofs of possession are made for these URLs, whatever a proxy turns them into.
    baseUrl: new URL(url).origin,
    resourceMetadata: new URL(metadataPath, url).href,
    cache: { seconds: 30 },
    // The demo's provider has no certificate. Leave this out.
    allowInsecureRequests: 'loopback',
  });
}

/** Which provider the API trusts and what it knows, for clients that look it up (RFC 9728). */
export function resourceMetadata({ issuer, url }: ApiSettings) {
  return {
    resource: url,
    authorization_servers: [issuer],
    scopes_supported: ['reports:read', 'reports:write'],
    bearer_methods_supported: ['header'],
  };
}
