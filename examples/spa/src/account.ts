import type { BrowserSession } from 'relier/browser';
import { element, make } from './elements.ts';
import { showLifetime } from './lifetime.ts';

/** Shows who is signed in and what is known about them, or the ways to sign in. */
export function showAccount(session: BrowserSession): void {
  const { claims, expiresAt, scope, status } = session.current();
  element('sign-in').hidden = status === 'signedIn';
  element('account').hidden = claims === undefined;
  keepFocus();

  const name = String(claims?.['name'] ?? claims?.sub ?? '');
  element('who').textContent = {
    unknown: '',
    signedOut: 'Signed out',
    signedIn: `Signed in as ${name}`,
    needsInteraction: `${name} has to sign in again`,
  }[status];
  element('who').dataset['status'] = status;
  element('greeting').textContent = `Hello, ${name}`;
  element('monogram').textContent = initials(name);
  element('email').textContent = String(claims?.['email'] ?? '');
  element('scope').replaceChildren(
    ...scope.split(' ').map((value) => make('code', { className: 'chip' }, value)),
  );
  element('claims').replaceChildren(
    ...Object.entries(claims ?? {}).map(([claim, value]) =>
      make('div', {}, make('dt', {}, claim), make('dd', {}, readable(claim, value))),
    ),
  );
  showLifetime(expiresAt);
}

/** A button that has gone takes the focus with it: the title of what is there now gets it. */
function keepFocus(): void {
  const section = [element('account'), element('sign-in')].find(({ hidden }) => !hidden);
  if (document.activeElement?.closest('[hidden]')) section?.querySelector('h1')?.focus();
}

const dateAndTime = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

function initials(name: string): string {
  const [first = '', ...more] = name.split(' ').map((word) => word.charAt(0));
  return first + (more.at(-1) ?? '');
}

function readable(claim: string, value: unknown): string {
  const isTime = typeof value === 'number' && ['exp', 'iat', 'nbf', 'auth_time'].includes(claim);
  if (isTime) return dateAndTime.format(value * 1_000);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
