import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { ConfigurationError, TransportError } from '../errors.ts';
import { invalidOption } from '../options.ts';
import { parseUrl } from '../secure-url.ts';

/**
 * What an address for a browser is made of. A standard says more; but `$(…)`, quotes, pipes and `;`
 * have no business in a provider's address, and the programs that open browsers are often scripts.
 */
const OPENABLE = /^https?:\/\/[\w.\-:[\]]+(?:\/[\w.\-~:@!*+,=%/]*)?(?:\?[\w.\-~:@!*+,=%/?&]*)?$/;

/** A program that takes an address has failed by then, or it stays as long as the browser does. */
const SETTLED_MS = 2_000;

/** A program, and what stands before the address. */
export type Opener = readonly [program: string, ...argumentsBefore: string[]];

/**
 * Opens an address in the person's browser: `xdg-open` on Linux, `open` on macOS, the URL handler of
 * Windows there and in WSL. The address is an argument of its own, and no shell reads it.
 *
 * @param url an `https:` address (or `http:`), without a fragment, and without characters that mean
 * something to a shell.
 * @throws ConfigurationError `insecure_url`, `invalid_option`; TransportError `browser_unavailable`
 * where there is none, as on a machine without a screen
 *
 * @example
 * ```ts
 * import { openBrowser } from 'relier/node'
 *
 * await openBrowser('https://app.example.com/welcome')
 * ```
 */
export async function openBrowser(url: URL | string): Promise<void> {
  const { href } = requireOpenable(url, 'url');
  await openWith(openers(process.platform, process.env), href);
}

/** An address that any program may be given. */
export function requireOpenable(value: unknown, option: string): URL {
  const url = parseUrl(value);
  if (!url) throw invalidOption(option, 'must be a URL');
  if (!/^https?:$/.test(url.protocol)) {
    throw new ConfigurationError(
      `The ${option} is ${url.protocol}, not https.`,
      'insecure_url',
      option,
    );
  }
  if (!OPENABLE.test(url.href)) {
    throw new ConfigurationError(
      `The ${option} at ${url.host} holds characters that no browser should be given.`,
      'insecure_url',
      option,
    );
  }
  return url;
}

/** What can open a browser on such a machine, best first. */
export function openers(
  platform: NodeJS.Platform,
  env: NodeJS.ProcessEnv,
  isWsl = existsSync('/proc/sys/fs/binfmt_misc/WSLInterop') || !!env['WSL_DISTRO_NAME'],
): readonly Opener[] {
  const handler = 'url.dll,FileProtocolHandler';
  if (platform === 'win32') {
    return [[`${env['SystemRoot'] ?? 'C:\\Windows'}\\System32\\rundll32.exe`, handler]];
  }
  if (platform === 'darwin') return [['/usr/bin/open']];
  const windows: Opener[] = isWsl
    ? [['wslview'], ['rundll32.exe', handler], ['/mnt/c/Windows/System32/rundll32.exe', handler]]
    : [];
  // Without a screen it would look for a browser that draws into this terminal.
  const hasScreen = env['DISPLAY'] || env['WAYLAND_DISPLAY'] || env['BROWSER'];
  return hasScreen ? [...windows, ['xdg-open']] : windows;
}

/** Hands the address to the first program that takes it. */
export async function openWith(programs: readonly Opener[], href: string): Promise<void> {
  let reason: string | undefined;
  for (const [program, ...before] of programs) {
    const failure = await run(program, [...before, href]);
    if (failure === undefined) return;
    reason = failure;
  }
  throw new TransportError('No browser could be opened on this machine.', {
    code: 'browser_unavailable',
    phase: 'authorization',
    retryable: false,
    ...(reason && { reason }),
  });
}

/** Starts a program that may outlive us; returns why it did not do what it should. */
function run(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    let child: ChildProcess;
    try {
      child = spawn(program, args, { stdio: 'ignore', detached: true, windowsHide: true });
    } catch (error) {
      // Some reasons come at once, such as an address that is longer than the system lets it be.
      return resolve((error as NodeJS.ErrnoException).code ?? 'unknown');
    }
    const settle = (failure?: string) => {
      clearTimeout(timer);
      child.unref();
      resolve(failure);
    };
    const timer = setTimeout(settle, SETTLED_MS);
    child.once('error', (error: NodeJS.ErrnoException) => settle(error.code ?? 'unknown'));
    child.once('exit', (status) => settle(status === 0 ? undefined : `exit ${status}`));
  });
}
