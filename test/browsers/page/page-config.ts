/** What the world tells the page. */
export interface PageConfig {
  issuer: string;
  clientId: string;
  redirectUri: string;
  postLogoutRedirectUri: string;
  scope: string;
  /** Tokens are asked for this resource. */
  apiUrl: string;
  capabilities: ('dpop' | 'par')[];
  /** How tokens are renewed; default: by refresh token. */
  renew?: 'silent';
  /** Of the session; default: the library's. */
  name?: string;
  /** What the page starts by itself as soon as it is ready, without any click. */
  start?: 'popup' | 'silent' | 'redirect';
}
