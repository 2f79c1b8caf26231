/** What a browser would post to the redirect URI. */
export interface FormPost {
  action: string;
  fields: Record<string, string>;
  /** The same in order, with repetitions. */
  entries?: [name: string, value: string][];
}

export interface Page {
  status: number;
  location: string | undefined;
  body: string;
  headers: Headers;
}

type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** Opens a URL, or submits a form, as a browser without cookies would; follows nothing. */
export async function visit(fetcher: Fetch, target: URL | string | FormPost): Promise<Page> {
  const response =
    typeof target === 'object' && 'action' in target
      ? await fetcher(target.action, {
          method: 'POST',
          body: new URLSearchParams(target.fields),
          redirect: 'manual',
        })
      : await fetcher(String(target), { redirect: 'manual' });
  return {
    status: response.status,
    location: response.headers.get('location') ?? undefined,
    body: await response.text(),
    headers: response.headers,
  };
}

/** Takes an authorization URL to the answer that the redirect URI would receive. */
export async function followAuthorization(
  fetcher: Fetch,
  target: URL | string | FormPost,
): Promise<URL | FormPost> {
  const page = await visit(fetcher, target);
  if (page.location !== undefined) return new URL(page.location);
  const action = /<form method="post" action="([^"]*)">/.exec(page.body)?.[1];
  if (action === undefined) {
    throw new Error(
      `the authorization endpoint answered ${page.status}: ${page.body.slice(0, 300)}`,
    );
  }
  const inputs = page.body.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g);
  const entries = [...inputs].map(([, name, value]): [string, string] => [
    decodeEntities(name),
    decodeEntities(value),
  ]);
  return { action: decodeEntities(action), fields: Object.fromEntries(entries), entries };
}

function decodeEntities(text = ''): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}
