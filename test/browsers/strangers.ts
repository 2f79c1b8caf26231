import { openApp } from './app-page.ts';
import type { Profile, Tab } from './engine.ts';
import { eventually } from './eventually.ts';
import { app, appLookAlike, login, loginLookAlike, op, other } from './world/names.ts';

/** Somebody near the application's page who is not the window that it has sent to the provider. */
export interface Stranger {
  readonly who: string;
  /** Of the catalogue. */
  readonly row: 'PM-01' | 'PM-02' | 'PM-03';
  /** What the page sees of them in a message. */
  readonly origin: string;
  /** Opens the application with the stranger in its place, as `stranger` in the page. */
  open(profile: Profile): Promise<Tab>;
}

/** Lets a page have frames of other origins, as far as the application's policy goes. */
export const anyFrame = {
  'content-security-policy': "default-src 'self'; connect-src 'self' https:; frame-src https:",
};

export const strangers: readonly Stranger[] = [
  {
    who: 'the page that has opened this one',
    row: 'PM-01',
    origin: other,
    async open(profile) {
      const hostile = await profile.open(`${other}/`);
      await hostile.evaluate(`void (act = () => { window.opened = open('${app}/') })`);
      const tab = await profile.nextTab(() => hostile.click('#act'));
      await tab.waitFor(`origin === '${app}' && t.isReady`);
      return withStranger(tab, 'opener');
    },
  },
  { who: 'a frame of another origin', row: 'PM-01', origin: other, open: framed(`${other}/`) },
  {
    who: 'a frame in a sandbox',
    row: 'PM-03',
    origin: 'null',
    open: framed(`${login}/frame`, true),
  },
  {
    who: "a frame of the provider's origin",
    row: 'PM-02',
    origin: login,
    open: framed(`${login}/rig`),
  },
  {
    who: "a window of the provider's origin",
    row: 'PM-02',
    origin: login,
    open: windowed(`${login}/rig`),
  },
  {
    who: "a window of this page's own origin",
    row: 'PM-02',
    origin: app,
    open: windowed(`${app}/echo`),
  },
  {
    who: 'an origin that begins like this one',
    row: 'PM-03',
    origin: appLookAlike,
    open: framed(`${appLookAlike}/`),
  },
  {
    who: "an origin that begins like the provider's",
    row: 'PM-03',
    origin: loginLookAlike,
    open: windowed(`${loginLookAlike}/`),
  },
];

/** Right-looking answers: of the callback page, of the provider, of Okta. */
export function forgeries(state: string | undefined): readonly object[] {
  const response = { code: 'forged', iss: login, ...(state !== undefined && { state }) };
  const query = new URLSearchParams(response);
  return [
    { type: 'relier:response', url: `${app}/callback?${query}` },
    { type: 'relier:response', url: `${app}/callback#${query}` },
    { type: 'relier:response', url: `${app}/callback?response=eyJ` },
    { type: 'authorization_response', response },
    response,
    { error: 'access_denied', iss: op, ...(state !== undefined && { state }) },
  ];
}

/** Has the stranger say something to the page, and waits until it has been heard there. */
export async function tell(tab: Tab, messages: readonly unknown[]): Promise<void> {
  const request = JSON.stringify({ tell: [...messages, 'all'] });
  await tab.evaluate(`(heard.splice(0), stranger.postMessage(${request}, '*'))`);
  await tab.waitFor("heard.some(({ data }) => data === 'all')");
}

/** The state of the sign-in that waits for an answer. */
export async function awaitedState(tab: Tab): Promise<string> {
  const name = await tab.waitFor<string>(`navigator.locks.query().then(({ held }) =>
    held.map(({ name }) => name).find((name) => name.startsWith('relier:answer:')))`);
  return name.slice('relier:answer:'.length);
}

function framed(src: string, isSandboxed = false) {
  return async (profile: Profile): Promise<Tab> => {
    const tab = await openApp(profile);
    await tab.evaluate(`(() => {
      window.frame = document.createElement('iframe');
      if (${isSandboxed}) frame.sandbox = 'allow-scripts';
      frame.src = '${src}';
      document.body.append(frame);
    })()`);
    return withStranger(tab, 'frame.contentWindow');
  };
}

function windowed(url: string) {
  return async (profile: Profile): Promise<Tab> => {
    const tab = await openApp(profile);
    await tab.evaluate(`void (window.act = () => { window.opened = open('${url}') })`);
    await profile.nextTab(() => tab.click('#act'));
    return withStranger(tab, 'opened');
  };
}

async function withStranger(tab: Tab, expression: string): Promise<Tab> {
  await tab.evaluate(`(() => {
    window.stranger = ${expression};
    window.heard = [];
    addEventListener('message', ({ data, origin, source }) => {
      if (source === stranger) heard.push({ data, origin });
    });
  })()`);
  // Its page may be on its way: what is said before that is lost.
  const hasAnswered = () =>
    tab.evaluate<boolean>(`(
      stranger.postMessage({ tell: ['here'] }, '*'),
      heard.some(({ data }) => data === 'here')
    )`);
  await eventually(hasAnswered, 'the stranger to answer');
  return tab;
}
