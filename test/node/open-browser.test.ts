import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openBrowser } from '../../src/node/index.ts';
import { type Opener, openers, openWith } from '../../src/node/open-browser.ts';
import { failureOf } from '../support/relying-party.ts';
import { removeFoldersAfterwards, temporaryFolder } from './store-folder.ts';

removeFoldersAfterwards();

/** A program that notes what it was given. */
function program(text = 'exit 0'): { opener: Opener; given: () => string[] } {
  const folder = temporaryFolder();
  const [path, notes] = [join(folder, 'opener'), join(folder, 'notes')];
  writeFileSync(
    path,
    `#!/bin/sh\nprintf '%s\\n' "$@" >> '${notes}.new'\nmv '${notes}.new' '${notes}'\n${text}\n`,
  );
  chmodSync(path, 0o755);
  return {
    opener: [path, 'before'],
    given: () => readFileSync(notes, 'utf8').trimEnd().split('\n'),
  };
}

const href = 'https://login.example/authorize?scope=openid+profile&state=%22x%22';

describe('what opens a browser', () => {
  it('gets the address as one argument, whatever a shell would make of it', async () => {
    const marker = join(temporaryFolder(), 'marker');
    const { given, opener } = program();
    const address = `https://login.example/?a=1&b=$(touch ${marker});\`touch ${marker}\`|"'`;
    await openWith([opener], address);
    expect(given()).toEqual(['before', address]);
    expect(existsSync(marker)).toBe(false);
  });

  it('is the first that is there and works', async () => {
    const broken = program('exit 4');
    const good = program();
    const unused = program();
    await openWith([['/nowhere/opener'], broken.opener, good.opener, unused.opener], href);
    expect(broken.given()).toEqual(['before', href]);
    expect(good.given()).toEqual(['before', href]);
    expect(unused.given).toThrow('ENOENT');
  });

  it('may stay for as long as the browser does', async () => {
    const folder = temporaryFolder();
    const pipe = join(folder, 'pid');
    const { given, opener } = program(
      `echo $$ > '${pipe}.new'; mv '${pipe}.new' '${pipe}'; exec sleep 60`,
    );
    await openWith([opener], href);
    expect(given()).toEqual(['before', href]);
    process.kill(Number(readFileSync(pipe, 'utf8')), 'SIGKILL');
  });

  it.each<[why: string, programs: Opener[], reason: string | undefined]>([
    ['none is known', [], undefined],
    ['none is there', [['/nowhere/opener']], 'ENOENT'],
    ['none works', [program('exit 3').opener], 'exit 3'],
  ])('fails typed where %s', async (_, programs, reason) => {
    const error = await failureOf(openWith(programs, href));
    expect(error).toMatchObject({
      name: 'TransportError',
      code: 'browser_unavailable',
      phase: 'authorization',
      retryable: false,
    });
    expect((error as { reason?: string }).reason).toBe(reason);
    expect(JSON.stringify(error)).not.toContain('state');
  });
});

describe('an address that is too long for the system', () => {
  it('fails typed', async () => {
    const work = openWith(
      [['/bin/true']],
      `https://login.example/?request=${'x'.repeat(3_000_000)}`,
    );
    const error = await failureOf(work);
    expect(error).toMatchObject({ code: 'browser_unavailable', reason: 'E2BIG' });
    expect(JSON.stringify(error).length).toBeLessThan(1_000);
  });
});

describe('what is tried', () => {
  const screen = { DISPLAY: ':0' };

  it.each<[what: string, Parameters<typeof openers>, string[]]>([
    ['Linux', ['linux', screen, false], ['xdg-open']],
    ['Linux with Wayland', ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, false], ['xdg-open']],
    ['Linux without a screen', ['linux', {}, false], []],
    ['Linux with a browser of choice', ['linux', { BROWSER: 'w3m' }, false], ['xdg-open']],
    ['FreeBSD', ['freebsd', screen, false], ['xdg-open']],
    ['macOS', ['darwin', {}, false], ['/usr/bin/open']],
    [
      'Windows',
      ['win32', { SystemRoot: 'D:\\Windows' }, false],
      ['D:\\Windows\\System32\\rundll32.exe url.dll,FileProtocolHandler'],
    ],
    [
      'WSL',
      ['linux', { WSL_DISTRO_NAME: 'Debian' }],
      [
        'wslview',
        'rundll32.exe url.dll,FileProtocolHandler',
        '/mnt/c/Windows/System32/rundll32.exe url.dll,FileProtocolHandler',
      ],
    ],
  ])('on %s', (_, given, expected) => {
    expect(openers(...given).map((opener) => opener.join(' '))).toEqual(expected);
  });

  it('on WSL with a screen of its own, that screen comes last', () => {
    expect(openers('linux', screen, true).at(-1)).toEqual(['xdg-open']);
  });
});

describe('an address', () => {
  it.each([
    'file:///etc/passwd',
    'javascript:alert(1)',
    'ms-settings:about',
    'data:text/html,x',
    'https://login.example/authorize;touch',
    'https://login.example/a|b',
    'https://login.example/$(id)',
    "https://login.example/'x'",
    'https://login.example/a?x=`id`',
    'https://login.example/a?x=^&y',
    'https://login.example/a#fragment',
    'https://user:password@login.example/',
  ])('%s is opened by nobody', async (url) => {
    expect(await failureOf(openBrowser(url))).toMatchObject({
      name: 'ConfigurationError',
      code: 'insecure_url',
      option: 'url',
    });
  });

  it.each(['', 'login.example', '-a Calculator', undefined])('%o is none', async (url) => {
    expect(await failureOf(openBrowser(url as string))).toMatchObject({ code: 'invalid_option' });
  });
});
