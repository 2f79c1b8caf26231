import { readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { PageConfig } from './page/session.ts';

/** Serves the web page: relier runs in the browser, this server only hands out files. */
export async function pageServer(config: PageConfig): Promise<RequestListener> {
  const html = await readFile(file('index.html'), 'utf8');
  const files: Record<string, [type: string, body: string]> = {
    '/': ['text/html', html],
    // Same page: its script sees the response in the address and finishes the sign-in.
    '/callback': ['text/html', html],
    '/style.css': ['text/css', await readFile(file('style.css'), 'utf8')],
    '/icon.svg': ['image/svg+xml', await readFile(file('icon.svg'), 'utf8')],
    '/app.js': ['text/javascript', await bundle()],
    '/config.json': ['application/json', JSON.stringify(config)],
  };
  const headers = {
    'cache-control': 'no-store',
    'content-security-policy': [
      "default-src 'self'",
      `connect-src 'self' ${config.issuer} ${new URL(config.apiUrl).origin}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  };

  return (request, response) => {
    const found = files[new URL(request.url ?? '/', 'http://localhost').pathname];
    if (!found || request.method !== 'GET') {
      response.writeHead(404, headers).end();
      return;
    }
    const [type, body] = found;
    response.writeHead(200, { ...headers, 'content-type': `${type}; charset=utf-8` }).end(body);
  };
}

async function bundle(): Promise<string> {
  const result = await build({
    entryPoints: [file('app.ts')],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    // The page gets the built package, as any other application would.
    tsconfigRaw: '{}',
    logLevel: 'silent',
  });
  return result.outputFiles[0]?.text ?? '';
}

function file(name: string): string {
  return fileURLToPath(new URL(`page/${name}`, import.meta.url));
}
