import { completePopup, popup, redirect, silent } from 'relier/browser';
import { complaints } from './complaints.ts';
import { said } from './console-ledger.ts';
import { crowd } from './crowd.ts';
import { privateKeys } from './key-ledger.ts';
import { windowListeners } from './listener-ledger.ts';
import { pageSession } from './page-session.ts';
import { readStored, tamper } from './stored-record.ts';
import type { Attempt, ClickOptions, SessionState, TestPage, Way } from './test-page.ts';
import { transfers } from './transfers.ts';

declare global {
  interface Window {
    t: TestPage;
    /** What `#act` does. */
    act?: () => unknown;
  }
}

const { clock, config, session, store } = await pageSession();
const attempts: Attempt[] = [];
const events: TestPage['events'][number][] = [];
session.subscribe((event) => events.push(asData(event)));
let underway = new AbortController();
let isReady = false;

const page: TestPage = {
  options: {},
  attempts,
  events,
  complaints,
  said,
  get isReady() {
    return isReady;
  },
  settled: () => attempts.filter(({ status }) => status !== 'pending').at(-1),
  abort: () => underway.abort(),
  current: () => asData<SessionState>(session.current()),
  getAccessToken: () => session.getAccessToken(),
  async callApi(method = 'GET') {
    const response = await session.fetch(config.apiUrl, { method });
    return { status: response.status, body: await response.json() };
  },
  async postRequest(text) {
    const request = new Request(config.apiUrl, { method: 'POST', body: text });
    const answer = session.fetch(request).then((response) => response.json());
    return answer.then(({ received }) => received, describe);
  },
  transfers: transfers(session, config.apiUrl, describe),
  userInfo: () => session.userInfo(),
  listeners: windowListeners,
  frames: () => document.querySelectorAll('iframe').length,
  exportKeys: () =>
    Promise.all(
      privateKeys.map((key) =>
        crypto.subtle.exportKey('jwk', key).then(
          () => 'exported',
          (error) => error.name,
        ),
      ),
    ),
  clock,
  store,
  crowd: crowd(
    { getAccessToken: () => page.getAccessToken(), callApi: () => page.callApi() },
    describe,
  ),
  readStored,
  tamper,
  history: () => window.navigation?.entries().map(({ url }) => url ?? ''),
};
window.t = page;

const ways: Record<Way, (options: ClickOptions, signal: AbortSignal) => Promise<unknown>> = {
  redirect: ({ call, via }, signal) => session.signIn({ ...call, via: redirect(via), signal }),
  popup: ({ call, via }, signal) => session.signIn({ ...call, via: popup(via), signal }),
  silent: ({ call, via }, signal) => session.signIn({ ...call, via: silent(via), signal }),
  'sign-out': ({ call }, signal) => session.signOut({ ...call, signal }),
  'sign-out-redirect': ({ call, via }, signal) =>
    session.signOut({ ...call, via: redirect(via), signal }),
  'sign-out-popup': ({ call, via }, signal) =>
    session.signOut({ ...call, via: popup(via), signal }),
};
for (const way of Object.keys(ways) as Way[]) on(way, () => start(way));
on('act', () => void window.act?.());

const isAnswer = async () => (await completePopup()) || session.handleRedirect();
if (!config.isDeaf) {
  await Promise.all([
    attempt('callback', isAnswer),
    config.handlesTwice && attempt('callback', isAnswer),
  ]);
}
await session.restore();
isReady = true;
const { start: own } = config;
if (own) setTimeout(() => start(own.way), own.afterMs);

function start(way: Way): void {
  const { delayMs, ...options } = page.options;
  underway = new AbortController();
  const { signal } = underway;
  const run = () => void attempt(way, () => ways[way](options, signal));
  if (delayMs === undefined) run();
  else setTimeout(run, delayMs);
}

/** The call comes at once, in the same turn as the click. */
async function attempt(way: Attempt['way'], call: () => Promise<unknown>): Promise<void> {
  const index = attempts.push({ way, status: 'pending' }) - 1;
  try {
    attempts[index] = { way, status: 'fulfilled', value: asData(await call()) };
  } catch (error) {
    attempts[index] = { way, status: 'rejected', error: describe(error) };
  }
  // For tests that must not look into the page, because that would be a gesture.
  navigator.sendBeacon('/report', JSON.stringify(attempts[index]));
}

function describe(error: unknown): NonNullable<Attempt['error']> {
  if (error instanceof Error && 'toJSON' in error) return asData(error);
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { name, message };
}

function asData<T>(value: unknown): T {
  return value === undefined ? (undefined as T) : JSON.parse(JSON.stringify(value));
}

function on(id: string, act: () => void): void {
  const button = document.getElementById(id);
  if (!button) throw new Error(`The page has no #${id}.`);
  button.addEventListener('click', act);
}
