import { listen } from '../listen.ts';

/**
 * Waits on 127.0.0.1 for the redirect that ends a native sign-in (RFC 8252 section 7.3). Enough
 * for a demo: an app also wants a time limit, and to ignore callbacks that are not its own.
 */
export async function waitForCallback(): Promise<{
  redirectUri: string;
  callback: Promise<URL>;
  close(): Promise<void>;
}> {
  const server = await listen('127.0.0.1');
  const callback = new Promise<URL>((resolve) => {
    server.serve((request, response) => {
      const url = new URL(request.url ?? '/', server.origin);
      if (request.method !== 'GET' || url.pathname !== '/callback') {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-store' });
      response.end('You can close this window.');
      resolve(url);
    });
  });
  return { redirectUri: `${server.origin}/callback`, callback, close: server.close };
}
