import type { Crowd } from './crowd.ts';
import type { PageClock } from './page-clock.ts';
import type { PausedStore } from './paused-store.ts';

/** What the page offers to the tests as `window.t`: plain data and functions, known to Node too. */
export interface TestPage {
  /** The page has done everything that it does by itself: callback, restore. */
  readonly isReady: boolean;
  /** What the buttons do next time; set as you like. */
  options: ClickOptions;
  /** Everything that was tried, oldest first. */
  readonly attempts: readonly Attempt[];
  /** The newest attempt, once it has come to its end. */
  settled(): Attempt | undefined;
  /** Aborts what is underway. */
  abort(): void;
  current(): SessionState;
  /** What the session told, oldest first. */
  readonly events: readonly { type: string; [member: string]: unknown }[];
  getAccessToken(): Promise<string>;
  callApi(method?: string): Promise<{ status: number; body: Record<string, unknown> }>;
  /** Posts a text in a `Request`: what has arrived of it, or what went wrong. */
  postRequest(text: string): Promise<unknown>;
  readonly transfers: Transfers;
  userInfo(): Promise<Record<string, unknown>>;
  /** Listeners on the window by type of event. */
  listeners(): Record<string, number>;
  /** How many frames the document has. */
  frames(): number;
  /** Addresses of this window's history, where the engine tells them. */
  history(): string[] | undefined;
  /** What nobody caught, and what the content security policy has blocked. */
  readonly complaints: readonly string[];
  /** What this page has told its console. */
  readonly said: readonly string[];
  /** Tries to export every private key that was made here: the errors' names. */
  exportKeys(): Promise<string[]>;
  readonly clock: PageClock;
  readonly store: PausedStore;
  readonly crowd: Crowd;
  /** The session's record as it lies in the database, past the library. */
  readStored(): Promise<StoredRecord | undefined>;
  /** Puts something in its place, or nothing; tells nobody. */
  tamper(stored?: unknown): Promise<void>;
}

/** What the API does only after a stronger sign-in. */
export interface Transfers {
  make(): Promise<{ status?: number; body?: Record<string, unknown>; error?: Attempt['error'] }>;
  /** The error with which the API has asked for a sign-in, for use in the page. */
  readonly demand: unknown;
}

export interface StoredRecord {
  key: string;
  value: string;
  revision: string;
}

/** The ways of signing in and out; each is the id of a button. */
export type Way =
  | 'redirect'
  | 'popup'
  | 'silent'
  | 'sign-out'
  | 'sign-out-redirect'
  | 'sign-out-popup';

/** Passed on as they are. */
export interface ClickOptions {
  /** To `signIn` or `signOut`, besides `via` and `signal`. */
  call?: Record<string, unknown>;
  /** To `redirect()`, `popup()` or `silent()`. */
  via?: Record<string, unknown>;
  /** How long the handler dawdles before it calls. */
  delayMs?: number;
}

export interface Attempt {
  /** `callback`: the page was called with an answer, and nobody else waited for it. */
  readonly way: Way | 'callback' | 'logout-page';
  readonly status: 'pending' | 'fulfilled' | 'rejected';
  readonly value?: unknown;
  /** As the error's `toJSON()` tells it. */
  readonly error?: { name: string; message: string; code?: string; [member: string]: unknown };
}

/** `session.current()` as data. */
export interface SessionState {
  readonly status: 'unknown' | 'signedOut' | 'signedIn' | 'needsInteraction';
  readonly claims?: { sub: string; [claim: string]: unknown };
  readonly scope: string;
  readonly expiresAt?: number;
}
