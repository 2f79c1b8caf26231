import type { PageConfig } from '../page/page-config.ts';
import { app } from './names.ts';
import type { StepUpDemand } from './step-up-demand.ts';

/** What a test may change; every test begins with the values of {@link defaultSettings}. */
export interface WorldSettings {
  /** What the page's client and session are made of. */
  page: PageConfig;
  /** On documents of app.example, such as `cross-origin-opener-policy`. */
  appHeaders: Record<string, string>;
  /** On everything that the providers answer. */
  providerHeaders: Record<string, string>;
  providerDemandsNonce: boolean;
  apiDemandsNonce: boolean;
  /** Of the sign-in of everybody who calls `/reports/transfers`. */
  apiDemand: StepUpDemand | undefined;
  /** The `acr` of a sign-in for which one was asked. */
  acr: 'as asked' | 'untold' | 'pwd';
  accessTokenTtlSeconds: number;
  /** Providers that answer a frame with a page, and not with a response. */
  silentShowsPage: boolean;
  /** An endpoint of the providers, such as `token`, that refuses its answers to pages (CORS). */
  refusesPages: string | undefined;
  /** Hosts that nobody gets through to, such as `op.example`. */
  unreachable: string[];
  /** Access tokens that the API takes no more. */
  revokedTokens: string[];
}

export function defaultSettings(): WorldSettings {
  return {
    page: {
      issuer: 'https://op.example',
      clientId: 'page',
      redirectUri: `${app}/callback`,
      postLogoutRedirectUri: `${app}/callback`,
      scope: 'openid profile email reports:read',
      apiUrl: 'https://api.example/reports',
      asksForApi: true,
      capabilities: [],
    },
    appHeaders: {},
    providerHeaders: {},
    providerDemandsNonce: false,
    apiDemandsNonce: false,
    apiDemand: { acrValues: 'phr' },
    acr: 'as asked',
    accessTokenTtlSeconds: 600,
    silentShowsPage: false,
    refusesPages: undefined,
    unreachable: [],
    revokedTokens: [],
  };
}
