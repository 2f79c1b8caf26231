import {
  createAuthorizationRequest,
  createClient,
  createLogoutRequest,
  handleAuthorizationResponse,
  refreshTokenGrant,
  type TokenSet,
  type Trace,
  type Transaction,
} from 'relier';
import { callApi } from '../api-call.ts';

export interface PageConfig {
  readonly issuer: string;
  readonly clientId: string;
  readonly apiUrl: string;
  readonly redirectUri: string;
  readonly postLogoutRedirectUri: string;
}

export interface TransactionStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface PageSessionOptions {
  readonly config: PageConfig;
  /** Where a sign-in that has begun is remembered across the redirect: `sessionStorage`. */
  readonly transactions: TransactionStorage;
  readonly trace?: Trace;
  readonly fetch?: typeof globalThis.fetch;
}

/**
 * What the page does with relier, without the page: no DOM, so the demo also runs it under Node.
 * Tokens live in this closure and nowhere else; a reload forgets them.
 */
export function createPageSession(options: PageSessionOptions) {
  const { config, transactions } = options;
  const client = createClient({
    issuer: config.issuer,
    clientId: config.clientId,
    allowInsecureRequests: 'loopback',
    trace: options.trace,
    fetch: options.fetch,
  });
  let tokens: TokenSet | undefined;

  function signedIn(): TokenSet {
    if (!tokens) throw new Error('Nobody is signed in.');
    return tokens;
  }

  /** Each transaction is good for one response, so reading it removes it. */
  async function takeTransaction(state: string): Promise<Transaction | undefined> {
    const stored = transactions.getItem(storageKey(state));
    transactions.removeItem(storageKey(state));
    return stored === null ? undefined : JSON.parse(stored);
  }

  return {
    tokens: () => tokens,

    /** Returns the address to send the browser to. */
    async startSignIn(): Promise<URL> {
      const { url, transaction } = await createAuthorizationRequest(client, {
        redirectUri: config.redirectUri,
        scope: 'openid profile email reports:read',
        resource: config.apiUrl,
      });
      transactions.setItem(storageKey(transaction.state), JSON.stringify(transaction));
      return url;
    },

    /** Takes the address that the browser came back with. */
    async finishSignIn(response: URL): Promise<void> {
      ({ tokens } = await handleAuthorizationResponse(client, takeTransaction, response));
    },

    callApi: () => callApi(config.apiUrl, signedIn(), options.fetch),

    async refresh(): Promise<void> {
      tokens = await refreshTokenGrant(client, signedIn());
    },

    /** Forgets the tokens and returns the address where the provider's own session ends. */
    async startSignOut(): Promise<URL> {
      const { idToken: idTokenHint } = signedIn();
      tokens = undefined;
      const { url } = await createLogoutRequest(client, {
        idTokenHint,
        postLogoutRedirectUri: config.postLogoutRedirectUri,
      });
      return url;
    },
  };
}

export type PageSession = ReturnType<typeof createPageSession>;

function storageKey(state: string): string {
  return `sign-in:${state}`;
}
