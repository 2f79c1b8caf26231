/** What the world tells the page. */
export interface PageConfig {
  issuer: string;
  clientId: string;
  redirectUri: string;
  postLogoutRedirectUri: string;
  scope: string;
  apiUrl: string;
  /** Whether tokens are asked for the API. They do not open the provider's userinfo endpoint then. */
  asksForApi: boolean;
  capabilities: ('dpop' | 'frontChannel' | 'par')[];
  /** DPoP with a key for this page alone, and not with one that the browser keeps. */
  makesKey?: boolean;
  /** What the page finds forbidden when it is touched. */
  forbidden?: ('cookies' | 'indexedDB' | 'storage')[];
  /** How tokens are renewed; default: by refresh token. */
  renew?: 'silent';
  /** Of the session; default: the library's. */
  name?: string;
  /**
   * What the page starts by itself, without any click. A driver's look into the page counts as a
   * click for 5 s, and Playwright looks into every new page of Firefox.
   */
  start?: { way: 'popup' | 'silent' | 'redirect'; afterMs: number };
  /** Calls `handleRedirect` twice at once, as React's strict mode does. */
  handlesTwice?: boolean;
  /** How far the page's clock is ahead of the machine's when the page begins. */
  clockAheadMs?: number;
  /** Of the client; default: the library's. */
  timeoutMs?: number;
  /** Leaves the answer where it is. */
  isDeaf?: boolean;
}
