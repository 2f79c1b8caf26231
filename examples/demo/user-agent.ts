import type { Account } from './provider/accounts.ts';

export interface UserAgent {
  /**
   * Opens an authorization URL, signs in and allows access (or cancels), and returns the address
   * the provider redirects to at the end, without opening it.
   */
  signIn(authorizationUrl: URL, account: Account, options?: { cancel?: boolean }): Promise<URL>;
  /** The same where the answer is a form (`response_mode=form_post`); returns it, not yet posted. */
  signInByForm(
    authorizationUrl: URL,
    account: Account,
  ): Promise<{ url: URL; form: URLSearchParams | undefined }>;
  /** Types the code that a device shows, signs in and allows access, or refuses the device. */
  signInToDevice(
    verificationUri: URL,
    userCode: string,
    account: Account,
    options?: { cancel?: boolean },
  ): Promise<void>;
  /** The same for a logout URL; returns the post-logout redirect. */
  signOut(logoutUrl: URL): Promise<URL>;
  /** Opens any page and follows its redirects, as a browser would, without filling in forms. */
  open(url: URL): Promise<{ url: URL; status: number; body: string }>;
}

/** A person with a browser, played by fetch: keeps cookies, follows redirects, submits forms. */
export function createUserAgent(): UserAgent {
  const cookies: Cookie[] = [];

  async function request(url: URL, init: RequestInit = {}): Promise<Response> {
    const cookie = cookies.filter((c) => isSentTo(c, url)).map((c) => `${c.name}=${c.value}`);
    const headers = { accept: 'text/html', cookie: cookie.join('; ') };
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const header of response.headers.getSetCookie()) store(cookies, header, url);
    return response;
  }

  async function walk(
    start: URL,
    parameter: string | undefined,
    next: NextStep,
  ): Promise<{ url: URL; form?: URLSearchParams | undefined }> {
    const destination = new URL((parameter && start.searchParams.get(parameter)) ?? 'about:blank');
    let url = start;
    let response = await request(url);
    for (let hops = 0; hops < 20; hops++) {
      const location = response.headers.get('location');
      if (location !== null) {
        url = new URL(location, url);
        if (isSamePlace(url, destination)) return { url };
        response = await request(url);
        continue;
      }
      const html = await response.text();
      const step = next(html);
      if (step === undefined && parameter === undefined) return { url };
      if (!response.ok || step === undefined) {
        throw new Error(
          `Stuck at ${url.origin}${url.pathname} (${response.status}): ${title(html)}`,
        );
      }
      url = new URL(step.to, url);
      if (isSamePlace(url, destination)) return { url, form: step.form };
      response = await request(url, step.form && { method: 'POST', body: step.form });
    }
    throw new Error(`More than 20 pages without reaching ${destination.href}.`);
  }

  return {
    async signIn(url, account, { cancel = false } = {}) {
      const end = await walk(url, 'redirect_uri', (html) =>
        cancel ? { to: '?cancel' } : submit(html, { ...account }),
      );
      return end.url;
    },
    async signInByForm(url, account) {
      const { form, url: action } = await walk(url, 'redirect_uri', (html) =>
        submit(html, { ...account }),
      );
      return { url: action, form };
    },
    async signInToDevice(url, userCode, account, { cancel = false } = {}) {
      let isRefused = false;
      await walk(url, undefined, (html) => {
        const step = isRefused ? undefined : submit(html, { user_code: userCode, ...account });
        isRefused = cancel && !!step?.form?.has('abort');
        if (!cancel) step?.form?.delete('abort');
        return step;
      });
    },
    async signOut(url) {
      const asked = 'post_logout_redirect_uri';
      return (await walk(url, asked, (html) => submit(html, { logout: 'yes' }))).url;
    },
    async open(start) {
      let url = start;
      for (let hops = 0; hops < 20; hops++) {
        const response = await request(url);
        const location = response.headers.get('location');
        if (location === null) return { url, status: response.status, body: await response.text() };
        url = new URL(location, url);
      }
      throw new Error(`More than 20 redirects from ${start.origin}${start.pathname}.`);
    },
  };
}

function isSamePlace(a: URL, b: URL): boolean {
  return a.protocol === b.protocol && a.host === b.host && a.pathname === b.pathname;
}

type NextStep = (html: string) => { to: string; form?: URLSearchParams } | undefined;

/** Fills the page's form: known fields from `answers`, hidden fields as they are. */
function submit(html: string, answers: Record<string, string>): ReturnType<NextStep> {
  const tag = /<form\b[^>]*>/i.exec(html)?.[0];
  if (tag === undefined) return undefined;
  const form = new URLSearchParams();
  for (const [field] of html.matchAll(/<(?:input|button)\b[^>]*>/gi)) {
    const name = attribute(field, 'name');
    const value = name && (answers[name] ?? attribute(field, 'value'));
    if (name && value !== undefined) form.set(name, value);
  }
  return { to: attribute(tag, 'action') ?? '', form };
}

function attribute(tag: string, name: string): string | undefined {
  const value = new RegExp(`\\b${name}="([^"]*)"`, 'i').exec(tag)?.[1];
  return value?.replaceAll('&amp;', '&');
}

function title(html: string): string {
  return /<title>([^<]*)/i.exec(html)?.[1] ?? 'a page without a form';
}

interface Cookie {
  host: string;
  path: string;
  name: string;
  value: string;
}

function store(cookies: Cookie[], header: string, url: URL): void {
  const [pair = '', ...rest] = header.split(';').map((part) => part.trim());
  const attributes = new Map(
    rest.map((part) => {
      const [name = '', value = ''] = part.split(/=(.*)/);
      return [name.toLowerCase(), value] as const;
    }),
  );
  const [name = '', value = ''] = pair.split(/=(.*)/);
  const cookie = { host: url.hostname, path: attributes.get('path') ?? '/', name, value };
  const known = cookies.findIndex(
    (c) => c.host === cookie.host && c.path === cookie.path && c.name === name,
  );
  if (known !== -1) cookies.splice(known, 1);
  const expires = Date.parse(attributes.get('expires') ?? '');
  if (!(expires <= Date.now())) cookies.push(cookie);
}

function isSentTo(cookie: Cookie, url: URL): boolean {
  const folder = cookie.path.endsWith('/') ? cookie.path : `${cookie.path}/`;
  return cookie.host === url.hostname && `${url.pathname}/`.startsWith(folder);
}
