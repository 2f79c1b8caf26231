import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { pageLifecycle } from '../../src/browser/page-lifecycle.ts';
import { openPage, type Page } from './page.ts';

let page: Page;
beforeEach(() => {
  page = openPage('https://rp.example/');
});
afterEach(() => page.close());

const onDocument = (type: string) => document.dispatchEvent(new page.window.Event(type) as never);

describe('the life of a page', () => {
  it.each<[string, () => void, () => void]>([
    ['frozen', () => onDocument('freeze'), () => onDocument('resume')],
    ['left', () => page.event('pagehide'), () => page.event('pageshow', { persisted: true })],
  ])('is suspended while it is %s', (_name, sleep, wake) => {
    const lifecycle = pageLifecycle();
    const listener = vi.fn();
    const stop = lifecycle.listen(listener);
    expect(lifecycle.isSuspended()).toBe(false);
    sleep();
    expect(lifecycle.isSuspended()).toBe(true);
    expect(listener).not.toHaveBeenCalled();
    wake();
    expect(lifecycle.isSuspended()).toBe(false);
    expect(listener).toHaveBeenCalledOnce();
    stop();
    sleep();
    wake();
    expect(listener).toHaveBeenCalledOnce();
  });

  it('is suspended when it is about to be left, and goes on if it stays', () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const lifecycle = pageLifecycle();
    const listener = vi.fn();
    lifecycle.listen(listener);
    page.event('beforeunload');
    const late = vi.fn();
    lifecycle.listen(late);
    vi.advanceTimersByTime(1_999);
    expect(lifecycle.isSuspended()).toBe(true);
    vi.advanceTimersByTime(1);
    expect(lifecycle.isSuspended()).toBe(false);
    expect([listener, late].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
  });

  it('does not go on by itself where it was left', () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const lifecycle = pageLifecycle();
    lifecycle.listen(() => {});
    page.event('beforeunload');
    page.event('pagehide');
    vi.advanceTimersByTime(60_000);
    expect(lifecycle.isSuspended()).toBe(true);
  });

  it('is not woken up by its first appearance', () => {
    const listener = vi.fn();
    pageLifecycle().listen(listener);
    page.event('pageshow', { persisted: false });
    expect(listener).not.toHaveBeenCalled();
  });

  it('tells that it is online, or seen, again', () => {
    const listener = vi.fn();
    const stop = pageLifecycle().listen(listener);
    page.event('online');
    onDocument('visibilitychange');
    expect(listener).toHaveBeenCalledTimes(2);
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
    onDocument('visibilitychange');
    expect(listener).toHaveBeenCalledTimes(2);
    stop();
    expect(page.listeners()).toBe(0);
  });
});
