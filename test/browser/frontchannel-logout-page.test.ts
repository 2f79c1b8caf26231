import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { handleFrontchannelLogout } from '../../src/browser/index.ts';
import { createClient } from '../../src/index.ts';
import { openPage, type Page } from './page.ts';

const issuer = 'https://login.example';
const client = createClient({ issuer, clientId: 'app' });

let page: Page;
beforeEach(() => {
  page = openPage('https://rp.example/logout');
});
afterEach(() => page.close());

function sessionOf(claims: object | undefined) {
  const signOut = vi.fn(async () => ({}));
  return { signOut, restore: async () => ({ claims }) as never };
}

describe('the page for front-channel logout', () => {
  it('ends the session that is meant', async () => {
    const session = sessionOf({ sub: 'ada', sid: 'one' });
    page.goTo(`https://rp.example/logout?iss=${encodeURIComponent(issuer)}&sid=one`);
    expect(await handleFrontchannelLogout(client, session)).toBe(true);
    expect(session.signOut).toHaveBeenCalledOnce();
  });

  it.each<[string, string, object | undefined]>([
    ['another session', `?iss=${issuer}&sid=two`, { sid: 'one' }],
    ['another issuer', '?iss=https://evil.example&sid=one', { sid: 'one' }],
    ['no session', '', { sid: 'one' }],
    ['one that this page does not know', `?iss=${issuer}&sid=one`, {}],
    ['one, where nobody is signed in', `?iss=${issuer}&sid=one`, undefined],
  ])('leaves it alone when %s is meant', async (_name, query, claims) => {
    const session = sessionOf(claims);
    const url = `https://rp.example/logout${query}`;
    expect(await handleFrontchannelLogout(client, session, url)).toBe(false);
    expect(session.signOut).not.toHaveBeenCalled();
  });
});
