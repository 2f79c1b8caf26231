import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { asAda } from '../node/loopback-visitor.ts';
import {
  nativeClient,
  type RunningProvider,
  startOpenIdProvider,
} from '../support/openid-provider.ts';
import type { Outcome, Settings } from './native-process.ts';
import {
  type Bus,
  keyringPackage,
  type SecretService,
  startBus,
  startSecretService,
} from './secret-service.ts';

const PASSWORD = 'correct horse';

let folder: string;
let script: string;
let provider: RunningProvider;
let bus: Bus;
let service: SecretService | undefined;
let person = 0;
let home: string;
let directory: string;
const running = new Set<ChildProcess>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'relier-native-'));
  script = join(folder, 'native-process.mjs');
  buildSync({
    entryPoints: [join(import.meta.dirname, 'native-process.ts')],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['undici', 'jose'],
    logLevel: 'error',
  });
  provider = await startOpenIdProvider({
    clients: [{ ...nativeClient, dpop_bound_access_tokens: true }],
    features: { dPoP: { enabled: true } },
  });
  bus = await startBus(folder);
});
afterAll(async () => {
  await bus?.stop();
  await provider?.close();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  person += 1;
  home = join(folder, `person-${person}`);
  directory = join(folder, `session-${person}`);
});
afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  await service?.stop();
  service = undefined;
});

/** The person logs in to the machine; without a password, the keyring stays locked. */
async function logIn(password?: string): Promise<void> {
  await service?.stop();
  service = await startSecretService(bus, home, password);
}

/** Runs the program to its end. */
async function run(action: string, address: string | undefined = bus.address): Promise<Outcome> {
  const { clientId, issuer } = { clientId: nativeClient.client_id, issuer: provider.issuer };
  const settings: Settings = { clientId, directory, issuer, keyringPackage };
  const { DBUS_SESSION_BUS_ADDRESS: _, XDG_RUNTIME_DIR: __, ...env } = process.env;
  const child = spawn(process.execPath, [script, action, JSON.stringify(settings)], {
    env: { ...env, ...(address && { DBUS_SESSION_BUS_ADDRESS: address }) },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  running.add(child);
  let outcome: Outcome = {};
  child.on('message', (message: Outcome & { url?: string }) => {
    if (message.url) void asAda(new URL(message.url));
    else outcome = message;
  });
  await once(child, 'exit');
  running.delete(child);
  return outcome;
}

const unavailable = (reason: string) => ({
  error: { code: 'keyring_unavailable', reason, message: expect.any(String) },
});

describe('a key in a real Secret Service', () => {
  it('is found again by the next process, and after the next login', async () => {
    await logIn(PASSWORD);
    const { key } = await run('key');
    expect(key).toMatch(/^\w{12}$/);
    expect(await run('key')).toEqual({ key });
    await logIn(PASSWORD);
    expect(await run('key')).toEqual({ key });
  });

  it('is one key for processes that start for the first time at once', async () => {
    await logIn(PASSWORD);
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => run('key')));
    expect(new Set(outcomes.map(({ key }) => key)).size).toBe(1);
    expect(outcomes[0]?.key).toMatch(/^\w{12}$/);
  });

  it('leaves the session signed in after a restart, with its DPoP key, and nothing to read on the disk', async () => {
    await logIn(PASSWORD);
    expect(await run('signIn')).toEqual({ status: 'signedIn', bound: expect.any(String) });
    await logIn(PASSWORD);
    const first = await run('resume');
    expect(first).toMatchObject({ status: 'signedIn', subject: 'ada' });
    const second = await run('resume');
    expect(second).toMatchObject({ status: 'signedIn', subject: 'ada' });
    expect(second.accessToken).not.toBe(first.accessToken);

    const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) =>
      join(directory, name),
    );
    const texts = files
      .filter((file) => statSync(file).isFile())
      .map((file) => readFileSync(file, 'latin1'));
    expect(texts.filter((text) => text.includes('relier1.')).length).toBe(2);
    for (const text of texts) expect(text).not.toMatch(/refreshToken|accessToken|"crv"|"sub"/);
  });
});

describe('a key that is lost', () => {
  it('ends the session cleanly, and the next sign-in works', async () => {
    await logIn(PASSWORD);
    await run('signIn');
    await run('loseKey');
    expect(await run('resume')).toEqual({ status: 'signedOut', reason: 'unreadable' });
    expect(await run('signIn')).toMatchObject({ status: 'signedIn' });
    expect(await run('resume')).toMatchObject({ status: 'signedIn', subject: 'ada' });
  });
});

describe('a keyring that cannot be used', () => {
  it('is reported where it is locked; what is in it stays, and works when it is unlocked', async () => {
    await logIn(PASSWORD);
    const { key } = await run('key');
    await run('signIn');
    await logIn();
    expect(await run('key')).toEqual(unavailable('failed'));
    expect((await run('resume')).error).toMatchObject({ code: 'keyring_unavailable' });
    await logIn(PASSWORD);
    expect(await run('key')).toEqual({ key });
    expect(await run('resume')).toMatchObject({ status: 'signedIn', subject: 'ada' });
  });

  it.each<[what: string, address: () => string | undefined]>([
    ['nobody offers one on the bus', () => bus.address],
    ['there is no bus', () => undefined],
    ['the bus is gone', () => 'unix:path=/nowhere/bus'],
  ])("is reported where %s, and the kernel's is not taken instead", async (_, address) => {
    expect(await run('key', address())).toEqual(unavailable('failed'));
    expect((await run('signIn', address())).error).toMatchObject({ code: 'keyring_unavailable' });
  });
});
