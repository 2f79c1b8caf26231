import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownPath, requireReturnTo } from '../../src/browser/return-to.ts';
import { failureOf } from '../support/relying-party.ts';
import { openPage, type Page } from './page.ts';

let page: Page;
beforeEach(() => {
  page = openPage('https://rp.example/shop/cart?item=1');
});
afterEach(() => page.close());

describe('where to go on after a sign-in', () => {
  it.each([
    ['/', '/'],
    ['/orders?open=1#latest', '/orders?open=1#latest'],
    ['https://rp.example/orders', '/orders'],
    ['orders', '/shop/orders'],
    ['?item=2', '/shop/cart?item=2'],
    ['/a//b', '/a//b'],
    ['/%2e%2e/orders', '/orders'],
    ['/search?q=https%3A%2F%2Fevil.example', '/search?q=https%3A%2F%2Fevil.example'],
    ['/search?next=//evil.example', '/search?next=//evil.example'],
    ['/ä', '/%C3%A4'],
    ['/%09x', '/%09x'],
    [undefined, undefined],
  ])('takes %s', (given, taken) => {
    expect(requireReturnTo(given)).toBe(taken);
  });

  it.each([
    'https://evil',
    'https://rp.example.evil.org/',
    'https://rp.example:444/',
    'http://rp.example/',
    'https://user@evil/',
    '//evil',
    '///evil',
    '/\\evil',
    '\\\\evil',
    '\\/evil',
    '/%2f%2fevil',
    '/%2Fevil',
    '/%5cevil',
    '/%09/evil',
    '/%0a%0D/evil',
    '/%09%2fevil',
    '/.//evil',
    '/x/..//evil',
    'javascript:alert(1)',
    'data:text/html,x',
    'blob:https://rp.example/1',
    ' /orders',
    '/orders\r\nlocation: https://evil',
    '/\t/evil',
    '\u0000/orders',
    '\u00a0//evil',
    'https://[',
    1,
    null,
    {},
    new String('/orders'),
    ['/orders'],
  ])('refuses %j', async (given) => {
    expect(await failureOf(() => requireReturnTo(given))).toMatchObject({
      code: 'invalid_option',
      option: 'returnTo',
    });
    expect(ownPath(given)).toBeUndefined();
  });
});
