import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { completePopup } from '../../src/browser/index.ts';
import { relayName } from '../../src/browser/relay.ts';
import { openPage, type Page } from './page.ts';

const callback = 'https://rp.example/callback';
const state = 's'.repeat(43);

let page: Page;
let ends: (() => void)[];
beforeEach(() => {
  page = openPage(callback);
  ends = [];
});
afterEach(() => {
  for (const end of ends) end();
  page.close();
});

/** Some page of this origin waits for the answer to that state. */
async function awaited(wanted = state): Promise<void> {
  await new Promise<void>((started) => {
    void navigator.locks.request(relayName(wanted), () => {
      started();
      return new Promise<void>((end) => ends.push(end));
    });
  });
}

/** This page is in a popup, or in a frame; what its opener or parent is told. */
function inside(kind: 'popup' | 'frame' | 'severed') {
  const postMessage = vi.fn();
  const other = { postMessage, parent: undefined as unknown };
  other.parent = other;
  Object.defineProperty(page.window, 'opener', { value: kind === 'popup' ? other : null });
  if (kind === 'frame') vi.stubGlobal('parent', other);
  // A page that is in no window of ours may have an opener as well.
  page.window.name = kind === 'severed' ? '' : relayName('somebody');
  const close = vi.fn();
  vi.stubGlobal('close', close);
  return { close, postMessage };
}

/** What the channel of a state hears. */
function listening(wanted = state) {
  const heard: unknown[] = [];
  const channel = new BroadcastChannel(relayName(wanted));
  channel.addEventListener('message', ({ data }) => heard.push(data));
  ends.push(() => channel.close());
  return heard;
}

describe('the callback page of a popup', () => {
  it.each(['popup', 'severed'] as const)('passes the answer on and closes (%s)', async (kind) => {
    await awaited();
    const { close, postMessage } = inside(kind);
    const heard = listening();
    const url = `${callback}?code=abc&state=${state}`;
    page.goTo(url);
    expect(await completePopup()).toBe(true);
    const answer = { type: 'relier:response', url };
    const told = kind === 'popup' ? [[answer, 'https://rp.example']] : [];
    expect(postMessage.mock.calls).toEqual(told);
    await vi.waitFor(() => expect(heard).toEqual([answer]));
    expect(location.href).toBe(callback);
    expect(close).toHaveBeenCalledOnce();
  });

  it('passes the answer on out of a frame, which it does not close', async () => {
    await awaited();
    const { close, postMessage } = inside('frame');
    page.goTo(`${callback}?error=login_required&state=${state}`);
    expect(await completePopup()).toBe(true);
    // To its own origin only, whoever has put it into a frame (PM-04).
    expect(postMessage).toHaveBeenCalledExactlyOnceWith(expect.anything(), 'https://rp.example');
    expect(close).not.toHaveBeenCalled();
  });

  it.each(['id_token', 'access_token'])('puts no %s on a channel', async (token) => {
    await awaited();
    const { postMessage } = inside('popup');
    const heard = listening();
    const url = `${callback}#${token}=secret&state=${state}`;
    page.goTo(url);
    expect(await completePopup()).toBe(true);
    expect(postMessage).toHaveBeenCalledOnce();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(heard).toEqual([]);
    expect(location.href).toBe(callback);
  });

  it('passes on the end of a sign-out', async () => {
    await awaited();
    const { postMessage } = inside('popup');
    expect(await completePopup(`${callback}?state=${state}`)).toBe(true);
    expect(postMessage).toHaveBeenCalledOnce();
  });

  it('passes a protected response on to the window that has opened it', async () => {
    await awaited();
    const { postMessage } = inside('popup');
    const heard = listening('');
    expect(await completePopup(`${callback}?response=eyJ`)).toBe(true);
    expect(postMessage).toHaveBeenCalledOnce();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(heard).toEqual([]);
  });

  it.each([
    ['nobody waits', `${callback}?code=abc&state=${state}`, ''],
    ['somebody waits for something else', `${callback}?code=abc&state=other`, state],
    ['there is no answer', callback, state],
    ['there is no state', `${callback}?code=abc`, state],
    ['the state is a part of another', `${callback}?code=abc&state=${state}x`, state],
  ])('does nothing where %s', async (_name, url, wanted) => {
    if (wanted) await awaited(wanted);
    const { close, postMessage } = inside('popup');
    page.goTo(url);
    expect(await completePopup()).toBe(false);
    expect(location.href).toBe(url);
    expect(postMessage).not.toHaveBeenCalled();
    expect(close).not.toHaveBeenCalled();
  });

  it('does nothing with a protected response where no window has opened this one', async () => {
    await awaited();
    inside('severed');
    expect(await completePopup(`${callback}?response=eyJ`)).toBe(false);
  });

  it('does nothing with a protected response in a window that is not ours', async () => {
    await awaited();
    const { postMessage } = inside('popup');
    page.window.name = 'the application itself';
    expect(await completePopup(`${callback}?response=eyJ`)).toBe(false);
    expect(postMessage).not.toHaveBeenCalled();
  });

  it.each(['popup', 'frame'] as const)(
    'passes the answer on where locks are forbidden (%s)',
    async (kind) => {
      const denied = () => Promise.reject(new DOMException('no', 'SecurityError'));
      vi.stubGlobal('navigator', { locks: { query: denied } });
      const { postMessage } = inside(kind);
      expect(await completePopup(`${callback}?code=abc&state=${state}`)).toBe(true);
      expect(postMessage).toHaveBeenCalledOnce();
    },
  );

  it('passes the answer on to a page in the frame of another site, whose locks it does not see', async () => {
    const { postMessage } = inside('popup');
    Object.assign(Object(page.window.opener), { parent: {} });
    expect(await completePopup(`${callback}?code=abc&state=${state}`)).toBe(true);
    expect(postMessage).toHaveBeenCalledOnce();
  });

  it('is no popup where locks are forbidden and nobody has opened it', async () => {
    vi.stubGlobal('navigator', {});
    inside('severed');
    expect(await completePopup(`${callback}?code=abc&state=${state}`)).toBe(false);
  });

  it('puts no token on a channel, however the answer is written', async () => {
    await awaited();
    inside('popup');
    const heard = listening();
    const url = `${callback}?state=${state}#access_token=secret&state=${state}`;
    expect(await completePopup(url)).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(heard).toEqual([]);
  });

  it('does nothing with what is no address', async () => {
    expect(await completePopup('nonsense')).toBe(false);
  });
});
