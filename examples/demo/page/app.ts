import { isRelierError, type TraceEvent } from 'relier';
import { fingerprint } from '../fingerprint.ts';
import { createPageSession, type PageConfig } from './session.ts';

// Before anything else: nobody who looks at the address or the history finds a code there.
const arrival = new URL(location.href);
history.replaceState(null, '', '/');

const config = (await (await fetch('/config.json')).json()) as PageConfig;
const session = createPageSession({ config, transactions: sessionStorage, trace: log });

on('sign-in', async () => location.assign(await session.startSignIn()));
on('sign-out', async () => location.assign(await session.startSignOut()));
on('call-api', async () => say(await session.callApi()));
on('refresh', async () => {
  const before = await refreshTokenFingerprint();
  await session.refresh();
  say(`The refresh token changed from ${before} to ${await refreshTokenFingerprint()}.`);
});

if (arrival.pathname === '/callback') await attempt(() => session.finishSignIn(arrival));
show();
setInterval(showLifetime, 1000);

function show(): void {
  const tokens = session.tokens();
  element('signed-out').hidden = tokens !== undefined;
  element('signed-in').hidden = tokens === undefined;
  if (!tokens) return;
  element('greeting').textContent = `Hello, ${tokens.claims?.['name'] ?? tokens.claims?.sub}`;
  element('claims').replaceChildren(
    ...Object.entries(tokens.claims ?? {}).flatMap(([name, value]) => [
      text('dt', name),
      text('dd', readable(name, value)),
    ]),
  );
  showLifetime();
}

function readable(claim: string, value: unknown): string {
  if (typeof value === 'number' && ['exp', 'iat', 'auth_time'].includes(claim)) {
    return new Date(value * 1000).toLocaleString();
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function showLifetime(): void {
  const tokens = session.tokens();
  if (!tokens?.expiresAt) return;
  const seconds = Math.max(0, Math.round((tokens.expiresAt - Date.now()) / 1000));
  const rest = seconds < 120 ? `${seconds} seconds` : `${Math.round(seconds / 60)} minutes`;
  element('lifetime').textContent = `Your access token (${tokens.scope}) lives ${rest} longer.`;
}

/** Runs one action at a time and shows what went wrong with it. */
async function attempt(action: () => Promise<void>): Promise<void> {
  const buttons = document.querySelectorAll('button');
  for (const button of buttons) button.disabled = true;
  element('problem').hidden = true;
  say('');
  try {
    await action();
  } catch (error) {
    const code = isRelierError(error) ? error.code : 'unexpected';
    const told = isRelierError(error) && 'error' in error ? ` · ${error.error}` : '';
    element('problem-message').textContent = error instanceof Error ? error.message : String(error);
    element('problem-code').textContent = `${code}${told}`;
    element('problem').hidden = false;
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

function log(event: TraceEvent): void {
  const line =
    event.type === 'check'
      ? `✓ ${event.check}`
      : event.type === 'response'
        ? `← ${event.status} in ${Math.round(event.durationMs)} ms`
        : event.type === 'request'
          ? `→ ${event.method} ${event.url}`
          : `${event.type} ${event.type === 'retry' ? event.reason : event.url}`;
  element('events').append(text('li', line));
  element('log').hidden = false;
}

async function refreshTokenFingerprint(): Promise<string> {
  return fingerprint(session.tokens()?.refreshToken ?? '');
}

function on(id: string, action: () => Promise<void>): void {
  element(id).addEventListener('click', () => attempt(action).then(show));
}

function say(answer: string): void {
  element('answer').textContent = answer;
}

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no #${id}.`);
  return found;
}

function text(tag: string, content: string): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = content;
  return made;
}
