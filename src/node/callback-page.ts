import type { ServerResponse } from 'node:http';
import { invalidOption, requireOptions, requireText } from '../options.ts';

/** What the browser shows when it has come back, in the person's language. */
export interface CallbackTexts {
  /**
   * The language of the texts (BCP 47).
   * @default 'en'
   */
  readonly language?: string | undefined;
  /** After a sign-in. */
  readonly done?: string | undefined;
  /** After one that did not work, or that the person has cancelled. */
  readonly failed?: string | undefined;
}

/** A status, and the page that goes with it. */
export interface CallbackPage {
  readonly status: number;
  readonly html: string;
}

const STYLE =
  'body{font:1.1rem/1.5 system-ui,sans-serif;color-scheme:light dark;margin:20vh auto;max-width:32rem;padding:0 1rem;text-align:center}';

/** The two pages, which hold nothing of what the browser brought. */
export function callbackPages(texts: CallbackTexts = {}): Record<'done' | 'failed', CallbackPage> {
  requireOptions(texts, 'texts');
  const {
    language = 'en',
    done = 'You are signed in. You can close this window and go back to the application.',
    failed = 'You are not signed in. You can close this window and try again in the application.',
  } = texts;
  if (!/^[A-Za-z0-9-]{2,35}$/.test(requireText(language, 'language'))) {
    throw invalidOption('language', 'must be a language tag');
  }
  const page = (status: number, text: string): CallbackPage => ({
    status,
    html: `<!doctype html><html lang="${language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(text)}</title><style>${STYLE}</style><p>${escaped(text)}</p></html>`,
  });
  return {
    done: page(200, requireText(done, 'done')),
    failed: page(400, requireText(failed, 'failed')),
  };
}

/**
 * Sends an answer that nobody keeps, and returns when it is on its way, or the browser is gone: the
 * person may close the window at any time, and is signed in all the same.
 */
export async function sendPage(
  response: ServerResponse,
  { html, status }: CallbackPage,
): Promise<void> {
  if (response.destroyed) return;
  const ended = new Promise((resolve) => {
    response.once('close', resolve).on('error', resolve);
  });
  response.writeHead(status, {
    'cache-control': 'no-store',
    connection: 'close',
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'content-type': 'text/html; charset=utf-8',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  });
  response.end(html);
  await ended;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
