export type EngineName = 'chromium' | 'firefox' | 'webkit';

/** One installed browser engine. */
export interface Engine {
  readonly name: EngineName;
  /** A person's browser with nothing in it yet; every name is reached through `proxy`. */
  newProfile(options: ProfileOptions): Promise<Profile>;
  /** Ends every process that was started. */
  close(): Promise<void>;
}

export interface ProfileOptions {
  /** A port of 127.0.0.1. */
  readonly proxyPort: number;
  /** Whether a frame of another site gets the cookies of its own site. Default: blocked. */
  readonly thirdPartyCookies?: 'blocked' | 'allowed';
}

/** Cookies, storage and windows of one person. The popup blocker and the bfcache are on. */
export interface Profile {
  readonly engine: EngineName;
  /** Opens a window that has nothing to do with the others. */
  open(url: string): Promise<Tab>;
  /** The window that a page opens while `act` runs, or soon after. */
  nextTab(act: () => Promise<unknown>): Promise<Tab>;
  /** Every window there is, in no particular order. */
  tabs(): Promise<Tab[]>;
  /** Console errors and uncaught errors of all pages; WebKit tells none. */
  readonly complaints: readonly string[];
  /** Everything on the console of all pages; WebKit tells none. */
  readonly said: readonly string[];
  /** Takes the network away from all windows, as if the cable were out, and gives it back. Not in WebKit. */
  setOffline(isOffline: boolean): Promise<void>;
  close(): Promise<void>;
}

/** One top-level window. What takes longer than 15 s fails and says what it waited for. */
export interface Tab {
  goto(url: string): Promise<void>;
  reload(): Promise<void>;
  /** As the back button: returns at once, since a page from the bfcache loads nothing. */
  back(): Promise<void>;
  url(): Promise<string>;
  /** A real, trusted click in the middle of the first match, as soon as there is one. */
  click(selector: string): Promise<void>;
  fill(selector: string, text: string): Promise<void>;
  /** The value of an expression, or of the promise that it yields. In Firefox it is a gesture. */
  evaluate<T = unknown>(expression: string): Promise<T>;
  /** The expression's value as soon as it is truthy, whatever pages come and go meanwhile. */
  waitFor<T = unknown>(expression: string, options?: { timeoutMs?: number }): Promise<T>;
  /** The person turns to this window again, because the one in front of it has gone. */
  focus(): Promise<void>;
  isClosed(): Promise<boolean>;
  /** Waits until somebody has closed it, such as its own page. */
  waitForClose(): Promise<void>;
  /** As a person closes a window. */
  close(): Promise<void>;
}
