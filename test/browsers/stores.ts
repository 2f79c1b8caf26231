import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Profile, Tab } from './engine.ts';
import type { TestStore } from './page/test-store.ts';
import { other } from './world/names.ts';

export interface OpenOptions {
  /** Whether the page and its worker have Web Locks. Default: as the engine has it. */
  readonly webLocks?: false;
}

/** Opens a page with a store, and with a worker that has the same. */
export async function openStorePage(profile: Profile, options: OpenOptions = {}): Promise<Tab> {
  const [page, worker] = await Promise.all([script('store-page'), script('store-worker')]);
  const tab = await profile.open(`${other}/store`);
  const hide = "Object.defineProperty(navigator, 'locks', { value: undefined });";
  const before = options.webLocks === false ? hide : '';
  await tab.evaluate(`(() => {
    ${before}
    globalThis.workerScript = ${JSON.stringify(before + worker)};
    ${page}
  })()`);
  return tab;
}

/** Runs a function in the page: it sees nothing of the test but its arguments, as JSON. */
export function inStore<T, Args extends unknown[]>(
  tab: Tab,
  run: (t: TestStore, ...args: Args) => T,
  ...args: Args
): Promise<Awaited<T>> {
  return tab.evaluate(`(${run})(window.t, ...${JSON.stringify(args)})`);
}

/** The same, again and again until it is truthy. */
export function untilStore<T, Args extends unknown[]>(
  tab: Tab,
  run: (t: TestStore, ...args: Args) => T,
  ...args: Args
): Promise<NonNullable<Awaited<T>>> {
  return tab.waitFor(`(${run})(window.t, ...${JSON.stringify(args)})`);
}

/** Puts a frame into a page that may store nothing, and gives what it says. */
export async function refusedFrame(tab: Tab): Promise<readonly object[]> {
  const html = `<script>${(await script('store-frame')).replaceAll('</', '<\\/')}</script>`;
  await tab.evaluate(`(() => {
    const frame = document.createElement('iframe');
    frame.sandbox = 'allow-scripts';
    frame.srcdoc = ${JSON.stringify(html)};
    document.body.append(frame);
  })()`);
  return tab.waitFor('received.length === 3 && received.map(({ data }) => data)');
}

const scripts = new Map<string, Promise<string>>();

function script(name: string): Promise<string> {
  const bundled = scripts.get(name) ?? bundle(name);
  scripts.set(name, bundled);
  return bundled;
}

async function bundle(name: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`page/${name}.ts`, import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    alias: { 'relier/browser': source('browser/index.ts'), relier: source('index.ts') },
    tsconfigRaw: '{}',
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}

function source(name: string): string {
  return fileURLToPath(new URL(`../../src/${name}`, import.meta.url));
}
