import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Keyring } from '../../src/node/index.ts';

/** Where the package stands that the tests pass in, as an application does. */
export const keyringPackage = join(import.meta.dirname, 'package.json');

/** `@napi-rs/keyring` as it is: it talks to whichever bus `DBUS_SESSION_BUS_ADDRESS` names. */
export function loadKeyring(): Keyring {
  return createRequire(keyringPackage)('@napi-rs/keyring');
}

/** A session bus of one's own. */
export interface Bus {
  /** For the environment of programs that are to use it. */
  readonly address: string;
  stop(): Promise<void>;
}

/** GNOME Keyring on a bus. */
export interface SecretService {
  stop(): Promise<void>;
}

// No folder for services: nobody starts a keyring, or asks for a password, that a test has not started.
const BUS = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`;

export async function startBus(folder: string): Promise<Bus> {
  const config = join(folder, 'bus.conf');
  writeFileSync(config, BUS);
  const args = [`--config-file=${config}`, '--nofork', '--nopidfile', '--print-address=1'];
  const child = await started(spawn('dbus-daemon', args, { stdio: ['ignore', 'pipe', 'ignore'] }));
  const [printed] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  return { address: String(printed).trim(), stop: () => stop(child) };
}

/**
 * The Secret Service of a person: what is in `home` stays when it is stopped. Without a password it
 * runs, and everything in it is locked.
 */
export async function startSecretService(
  { address }: Bus,
  home: string,
  password?: string,
): Promise<SecretService> {
  mkdirSync(home, { recursive: true });
  const { XDG_RUNTIME_DIR: _, ...inherited } = process.env;
  const env = {
    ...inherited,
    HOME: home,
    XDG_DATA_HOME: join(home, 'data'),
    XDG_CACHE_HOME: join(home, 'cache'),
    DBUS_SESSION_BUS_ADDRESS: address,
  };
  const unlock = password === undefined ? [] : ['--unlock'];
  const args = ['--foreground', '--components=secrets', ...unlock];
  const child = await started(
    spawn('gnome-keyring-daemon', args, { env, stdio: ['pipe', 'ignore', 'ignore'] }),
  );
  child.stdin?.end(password);
  while (!(await isOwned(address, 'org.freedesktop.secrets'))) {
    if (child.exitCode !== null) throw new Error(`gnome-keyring-daemon ended: ${child.exitCode}`);
    await pause(20);
  }
  return { stop: () => stop(child) };
}

async function isOwned(address: string, name: string): Promise<boolean> {
  const bus = 'org.freedesktop.DBus';
  const call = ['--print-reply=literal', `--dest=${bus}`, '/', `${bus}.NameHasOwner`];
  const { stdout } = await promisify(execFile)('dbus-send', [
    `--bus=${address}`,
    ...call,
    `string:${name}`,
  ]);
  return /\btrue\b/.test(stdout);
}

async function started(child: ChildProcess): Promise<ChildProcess> {
  try {
    await once(child, 'spawn');
  } catch (error) {
    const hint = 'Debian has it in dbus, gnome-keyring';
    throw new Error(`${child.spawnfile} could not be started (${hint}).`, { cause: error });
  }
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}
