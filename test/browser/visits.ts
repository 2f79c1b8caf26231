import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest';
import {
  type BrowserSession,
  type BrowserSessionOptions,
  createBrowserSession,
  redirect,
} from '../../src/browser/index.ts';
import { type Client, memoryStore, type SessionStore } from '../../src/index.ts';
import { type HostileProvider, startHostileProvider } from '../support/hostile-provider/index.ts';
import { hostileCallback, hostileClient } from '../support/relying-party.ts';
import { openPage, type Page } from './page.ts';

export const home = 'https://rp.example/';

/** A person's visits to a page whose storage stays, for the tests of one file. */
export interface Visits {
  readonly op: HostileProvider;
  readonly page: Page;
  readonly store: SessionStore;
  readonly transactions: SessionStore;
  /** A page load: it shares what is stored with the others. */
  load(options?: Partial<BrowserSessionOptions>): BrowserSession;
  /** Leaves for the provider; returns the address that it sends the person back to. */
  leave(session?: BrowserSession, options?: object): Promise<string>;
  /** Leaves, and the provider sends the person back. */
  comeBack(options?: object): Promise<string>;
  /** Another page, in the place of this one. */
  reopen(): void;
}

export function visits(): Visits {
  let op: HostileProvider;
  let page: Page;
  let store: SessionStore;
  let transactions: SessionStore;
  let sessions: BrowserSession[];
  beforeAll(async () => {
    op = await startHostileProvider();
  });
  afterAll(() => op.close());
  beforeEach(() => {
    op.reset();
    op.clearFaults();
    page = openPage(home);
    store = memoryStore();
    transactions = memoryStore();
    sessions = [];
  });
  afterEach(() => {
    for (const session of sessions) session.close();
    page.close();
  });

  const self: Visits = {
    get op() {
      return op;
    },
    get page() {
      return page;
    },
    get store() {
      return store;
    },
    get transactions() {
      return transactions;
    },
    load(options = {}) {
      const session = createBrowserSession({
        client: hostileClient(op),
        redirectUri: hostileCallback,
        postLogoutRedirectUri: home,
        store,
        transactions,
        ...options,
      });
      sessions.push(session);
      return session;
    },
    async leave(session = self.load(), options = {}) {
      const url = await new Promise<URL>((resolve, reject) => {
        session.signIn({ via: redirect({ navigate: resolve }), ...options }).catch(reject);
      });
      return `${await op.authorize(url)}`;
    },
    async comeBack(options = {}) {
      const answer = await self.leave(undefined, options);
      page.goTo(answer);
      return answer;
    },
    reopen() {
      page = openPage(home);
    },
  };
  return self;
}

/** Where the sign-ins by redirect of that client wait. */
export function transactionsKey({ clientId, issuer }: Client): string {
  return `transactions ${[issuer, clientId, 'default'].join('\n')}`;
}

/** What a popup shows, as far as the page can tell. */
export function fakePopup() {
  const opened = {
    closed: false,
    name: '',
    urls: [] as string[],
    close() {
      opened.closed = true;
    },
    location: { replace: (url: URL) => void opened.urls.push(`${url}`) },
  };
  vi.stubGlobal('open', () => opened);
  return opened;
}

/** The provider sends the popup back, and the callback page tells. */
export async function answerIn(
  { op, page }: Visits,
  opened: ReturnType<typeof fakePopup>,
  change = (url: URL) => url,
): Promise<void> {
  await vi.waitFor(() => expect(opened.urls).toHaveLength(1));
  const { href: url } = change((await op.authorize(new URL(opened.urls[0] ?? ''))) as URL);
  page.message({ type: 'relier:response', url }, { origin: location.origin, source: opened });
}
