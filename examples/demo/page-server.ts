import { readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { securityHeaders } from '../spa/security-headers.ts';
import { callbackPath, type PageConfig } from '../spa/src/settings.ts';

/** Serves the example `examples/spa`: relier runs in the browser, this server only hands out files. */
export async function pageServer(config: PageConfig): Promise<RequestListener> {
  const html = await readFile(file('spa/index.html'), 'utf8');
  const files: Record<string, [type: string, body: string]> = {
    '/': ['text/html', html],
    [callbackPath]: ['text/html', html],
    // Where index.html looks for them; with `npm start` in `examples/spa`, Vite serves them there.
    '/src/main.ts': ['text/javascript', await bundled('main.ts')],
    '/src/style.css': ['text/css', await bundled('style.css')],
    '/icon.svg': ['image/svg+xml', await readFile(file('spa/public/icon.svg'), 'utf8')],
    '/config.json': ['application/json', JSON.stringify(config)],
  };

  return (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const headers = { ...securityHeaders(config, pathname), 'cache-control': 'no-cache' };
    const found = files[pathname];
    if (!found || request.method !== 'GET') {
      response.writeHead(404, headers).end();
      return;
    }
    const [type, body] = found;
    response.writeHead(200, { ...headers, 'content-type': `${type}; charset=utf-8` }).end(body);
  };
}

/** The page in one piece each: it gets the built package, as any other application would. */
async function bundled(name: string): Promise<string> {
  const result = await build({
    entryPoints: [file(`spa/src/${name}`)],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    alias: { relier: file('../dist/index.js'), 'relier/browser': file('../dist/browser.js') },
    tsconfigRaw: '{}',
    logLevel: 'silent',
  });
  return result.outputFiles[0]?.text ?? '';
}

function file(name: string): string {
  return fileURLToPath(new URL(`../${name}`, import.meta.url));
}
