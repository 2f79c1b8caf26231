/** Fetches one file of the page and makes sure that it comes as the page needs it. */
export async function pageFile(origin: string, path: string, type: string): Promise<string> {
  const response = await fetch(`${origin}${path}`);
  const received = response.headers.get('content-type') ?? 'nothing';
  const policy = response.headers.get('content-security-policy') ?? '';
  if (response.status !== 200) throw new Error(`${path} answered ${response.status}.`);
  if (!received.startsWith(type)) throw new Error(`${path} is ${received}, not ${type}.`);
  if (!policy.startsWith("default-src 'self'")) throw new Error(`${path} has no strict CSP.`);
  return response.text();
}

/** A fetch that sends an Origin and hides answers without CORS permission, as browsers do. */
export function fetchAs(origin: string): typeof fetch {
  return async (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('origin', origin);
    const response = await fetch(input, { ...init, headers });
    const allowed = response.headers.get('access-control-allow-origin');
    if (allowed !== origin && allowed !== '*') throw new TypeError('No CORS permission.');
    return response;
  };
}
