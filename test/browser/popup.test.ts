import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Journey, type Way, wayOf } from '../../src/browser/journey.ts';
import { popup } from '../../src/browser/popup.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { failureOf } from '../support/relying-party.ts';
import { openPage, type Page } from './page.ts';

const own = 'https://rp.example';
const state = 's'.repeat(43);

let page: Page;
let clock: FakeClock;
let aborter: AbortController;
let opened: {
  closed: boolean;
  name: string;
  close: () => void;
  location: { replace: (url: URL) => void };
};
let features: string | undefined;
beforeEach(() => {
  page = openPage(`${own}/`);
  clock = createFakeClock();
  aborter = new AbortController();
  opened = {
    closed: false,
    name: '',
    close() {
      opened.closed = true;
    },
    location: { replace: vi.fn() },
  };
  vi.stubGlobal('open', (_url: string, _name: string, given: string) => {
    features = given;
    return opened;
  });
});
afterEach(() => page.close());

function begin(way: Way = wayOf(popup(), 'via'), redirectUri = `${own}/callback`): Journey {
  return way.begin({ clock, answersAt: { redirectUri }, signal: aborter.signal }) as Journey;
}

/** A popup that the person sees. */
async function going() {
  const journey = begin();
  const answer = journey.go(new URL('https://login.example/authorize'), state);
  answer.catch(() => {});
  await vi.waitFor(() => expect(opened.location.replace).toHaveBeenCalled());
  return { answer, journey };
}

describe('a popup', () => {
  it('opens at once, in the middle of this window', () => {
    begin(wayOf(popup({ width: 300, height: 200 }), 'via'));
    expect(features).toMatch(/^popup,width=300,height=200,left=\d+,top=\d+$/);
    expect(opened.location.replace).not.toHaveBeenCalled();
  });

  it('goes to the provider when the request is ready, and is closed in the end', async () => {
    const { answer, journey } = await going();
    const url = `${own}/callback?code=abc&state=${state}`;
    page.message({ type: 'relier:response', url }, { origin: own, source: opened });
    expect(`${await answer}`).toBe(url);
    journey.end();
    expect(opened.closed).toBe(true);
    expect(page.listeners()).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it.each<[string, () => unknown]>([
    ['opens null', () => null],
    ['opens nothing', () => undefined],
    ['opens what is no window', () => ({})],
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
  ])('is blocked where the browser, or who is in its place, %s', async (_name, open) => {
    vi.stubGlobal('open', open);
    expect(await failureOf(() => begin())).toMatchObject({
      name: 'PopupBlockedError',
      code: 'popup_blocked',
      phase: 'authorization',
      retryable: false,
    });
    expect(page.listeners()).toBe(0);
  });

  it('needs a callback page of its own origin', async () => {
    const open = vi.fn();
    vi.stubGlobal('open', open);
    const elsewhere = () => begin(undefined, 'https://app.example/callback');
    expect(await failureOf(elsewhere)).toMatchObject({
      code: 'invalid_option',
      option: 'redirectUri',
    });
    expect(open).not.toHaveBeenCalled();
  });

  it.each([{ width: -1 }, { height: NaN }, { timeoutMs: '1' }, null, 'popup'])(
    'refuses %j',
    async (options) => {
      const error = await failureOf(() => popup(options as never));
      expect(error).toMatchObject({ code: 'invalid_option' });
    },
  );
});

describe('a popup that is closed', () => {
  it('counts when this page has had the focus again for two seconds', async () => {
    const { answer, journey } = await going();
    opened.closed = true;
    page.event('focus');
    for (let ms = 0; ms < 2_000; ms += 500) clock.advance(500);
    expect(page.listeners()).toBeGreaterThan(0);
    clock.advance(500);
    expect(await failureOf(answer)).toMatchObject({
      name: 'PopupClosedError',
      code: 'popup_closed',
      retryable: true,
    });
    journey.end();
    expect(page.listeners()).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('does not count while the person types in it, as under COOP', async () => {
    const { answer } = await going();
    opened.closed = true;
    page.event('blur');
    for (let ms = 0; ms < 600_000; ms += 500) clock.advance(500);
    const url = `${own}/callback?code=abc&state=${state}`;
    page.message({ type: 'relier:response', url }, { origin: own, source: opened });
    expect(`${await answer}`).toBe(url);
  });

  it('does not count while this page has the focus only now and then', async () => {
    const { answer } = await going();
    opened.closed = true;
    for (let times = 0; times < 20; times += 1) {
      page.event('focus');
      for (let ms = 0; ms < 1_500; ms += 500) clock.advance(500);
      page.event('blur');
      clock.advance(5_000);
    }
    page.event('focus');
    for (let ms = 0; ms < 2_500; ms += 500) clock.advance(500);
    expect(await failureOf(answer)).toMatchObject({ code: 'popup_closed' });
  });

  it('does not count before it is, however long this page has the focus', async () => {
    const { answer } = await going();
    page.event('focus');
    for (let ms = 0; ms < 60_000; ms += 500) clock.advance(500);
    opened.closed = true;
    clock.advance(500);
    clock.advance(500);
    const url = `${own}/callback?code=abc&state=${state}`;
    page.message({ type: 'relier:response', url }, { origin: own, source: opened });
    expect(`${await answer}`).toBe(url);
  });

  it('does not count in a page that has never lost the focus, as without a screen', async () => {
    const { answer } = await going();
    opened.closed = true;
    for (let ms = 0; ms < 60_000; ms += 500) clock.advance(500);
    const url = `${own}/callback?code=abc&state=${state}`;
    page.message({ type: 'relier:response', url }, { origin: own, source: opened });
    expect(`${await answer}`).toBe(url);
  });

  it('does not count while this page is only seen, as when the popup is moved (COOP)', async () => {
    const { answer } = await going();
    opened.closed = true;
    page.event('blur');
    page.window.document.dispatchEvent(new page.window.Event('visibilitychange'));
    for (let ms = 0; ms < 60_000; ms += 500) clock.advance(500);
    const url = `${own}/callback?code=abc&state=${state}`;
    page.message({ type: 'relier:response', url }, { origin: own, source: opened });
    expect(`${await answer}`).toBe(url);
  });

  it('counts when that was before it went to the provider', async () => {
    const journey = begin();
    page.event('blur');
    opened.closed = true;
    page.event('focus');
    const failed = failureOf(journey.go(new URL('https://login.example/authorize'), state));
    for (let ms = 0; ms < 2_500; ms += 500) clock.advance(500);
    expect(await failed).toMatchObject({ code: 'popup_closed' });
    journey.end();
  });

  it('counts when this page is shown again, as on a phone', async () => {
    const { answer } = await going();
    page.focus(false);
    clock.advance(500);
    opened.closed = true;
    page.focus(true);
    for (let ms = 0; ms < 2_500; ms += 500) clock.advance(500);
    expect(await failureOf(answer)).toMatchObject({ code: 'popup_closed' });
  });
});
