import { readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import type { Attempt } from '../page/test-page.ts';
import { api, login, op } from './names.ts';
import type { WorldSettings } from './settings.ts';

/** The application: static pages with a strict policy, and the configuration of the test. */
export async function appHost(
  settings: Readonly<WorldSettings>,
  report: (attempt: Attempt) => void,
): Promise<RequestListener> {
  const html = await readFile(pageFile('app.html'), 'utf8');
  const [own, minified] = await Promise.all([
    bundle(['app', 'popup-callback', 'logout', 'echo']),
    bundle(['app'], { outdir: '/minified', minify: true }),
  ]);
  const scripts = new Map([...own, ...minified]);
  const documents = new Map([
    ['/', html],
    // The same application, as somebody else has built it.
    ['/minified', html.replace('/app.js', '/minified/app.js')],
    ['/callback', html],
    ['/popup-callback', scriptPage('popup-callback')],
    ['/logout', scriptPage('logout')],
    ['/echo', scriptPage('echo')],
    ['/blank', '<!doctype html><title>Blank</title><link rel="icon" href="/icon.svg">'],
  ]);

  return async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'https://localhost');
    const document = documents.get(pathname);
    const script = scripts.get(pathname);
    if (document !== undefined) {
      response.writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': policy,
        // Not `no-store`: that would keep the page out of the bfcache.
        'cache-control': 'no-cache',
        ...settings.appHeaders,
      });
      response.end(document);
    } else if (script !== undefined) {
      response.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8' }).end(script);
    } else if (pathname === '/icon.svg') {
      response.writeHead(200, { 'content-type': 'image/svg+xml' });
      response.end('<svg xmlns="http://www.w3.org/2000/svg"/>');
    } else if (pathname === '/config.json') {
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(JSON.stringify(settings.page));
    } else if (pathname === '/backchannel-logout') {
      response.writeHead(204).end();
    } else if (pathname === '/report') {
      report((await json(request)) as Attempt);
      response.writeHead(204).end();
    } else {
      response.writeHead(404).end();
    }
  };
}

const policy = [
  "default-src 'self'",
  `connect-src 'self' ${op} ${login} ${api}`,
  `frame-src 'self' ${op} ${login}`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

function scriptPage(name: string): string {
  return `<!doctype html><title>${name}</title><link rel="icon" href="/icon.svg"><script type="module" src="/${name}.js"></script>`;
}

async function bundle(names: string[], how: BuildOptions = {}): Promise<Map<string, string>> {
  const { outputFiles } = await build({
    entryPoints: names.map((name) => pageFile(`${name}.ts`)),
    bundle: true,
    outdir: '/',
    format: 'esm',
    target: 'es2022',
    alias: { 'relier/browser': source('browser/index.ts'), relier: source('index.ts') },
    tsconfigRaw: '{}',
    logLevel: 'silent',
    ...how,
    write: false,
  });
  return new Map(outputFiles.map(({ path, text }) => [path, text]));
}

function pageFile(name: string): string {
  return fileURLToPath(new URL(`../page/${name}`, import.meta.url));
}

function source(name: string): string {
  return fileURLToPath(new URL(`../../../src/${name}`, import.meta.url));
}
