import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createProcesses, type Processes, type SessionProcess } from './processes.ts';
import { LIFE_MS, type LoggedProvider, startLoggedProvider } from './server-log.ts';
import { clientId, createLogin, type Login } from './sign-in.ts';

/** The lease of a lock is this and ten seconds. */
const timeoutMs = 500;

let folder: string;
let directory: string;
let processes: Processes;
let provider: LoggedProvider;
let login: Login;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'relier-soak-'));
  processes = createProcesses(folder);
});
beforeEach(async () => {
  directory = mkdtempSync(join(folder, 'store-'));
  provider = await startLoggedProvider();
  login = createLogin(provider.issuer, { directory });
  await login.signIn();
});
afterEach(async () => {
  processes.killAll();
  login.session.close();
  await provider.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let started = 0;
function start(): Promise<SessionProcess> {
  started += 1;
  const { issuer } = provider;
  return processes.start({ name: `s${started}`, issuer, clientId, directory, timeoutMs });
}

async function startAll(number: number): Promise<SessionProcess[]> {
  const all = await Promise.all(Array.from({ length: number }, start));
  await Promise.all(all.map((one) => one.do('getAccessToken')));
  return all;
}

/** The token of the sign-in has expired, and a refresh has not been asked for yet. */
const expiry = () => pause(LIFE_MS);

const refreshes = () => provider.requests.filter(({ spent }) => spent);
const outcomes = () => refreshes().map(({ outcome }) => outcome);

describe('an owner of the lock that is killed', () => {
  it('after the server has answered: the loss is said to be one, and a sign-in mends it', async () => {
    const [owner, ...others] = (await startAll(4)) as [SessionProcess, ...SessionProcess[]];
    await expiry();
    await owner.do('haltAt', 'answered');
    const answered = owner.reached('answered');
    owner.do('getAccessToken').catch(() => {});
    await answered;
    owner.kill();

    const asked = await Promise.allSettled(others.map((other) => other.do('getAccessToken')));
    for (const one of asked) {
      expect(one).toMatchObject({ reason: { code: 'interaction_required' } });
    }
    expect(outcomes()).toEqual(['issued', 'refresh token already used']);
    expect(provider.revocations.size).toBe(1);
    const ends = others.flatMap((one) => one.journal().filter(({ what }) => what === 'signedOut'));
    expect(ends).toContainEqual(expect.objectContaining({ reason: 'ended', answerLost: true }));
    expect(ends.filter((end) => 'answerLost' in end && end.answerLost)).toHaveLength(1);

    await login.signIn();
    const tokens = await Promise.all(others.map((other) => other.do('getAccessToken')));
    expect(new Set(tokens).size).toBe(1);
    expect(refreshes()).toHaveLength(2);
  });

  it('before it has sent anything: nothing is lost, and the next one goes on at once', async () => {
    const [owner, ...others] = (await startAll(4)) as [SessionProcess, ...SessionProcess[]];
    await expiry();
    await owner.do('haltAt', 'before sending');
    const halted = owner.reached('before sending');
    owner.do('getAccessToken').catch(() => {});
    await halted;
    const asked = others.map((other) => other.do('getAccessToken'));
    owner.kill();

    const began = performance.now();
    const tokens = await Promise.all(asked);
    // Far from the lease of 10.5 seconds.
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(new Set(tokens).size).toBe(1);
    expect(outcomes()).toEqual(['issued']);
    expect(tokens[0]).toBe(refreshes()[0]?.accessToken);
    const taken = others.flatMap((one) => one.journal().filter(({ what }) => what === 'tookLock'));
    expect(taken).toEqual([expect.objectContaining({ from: owner.pid })]);
  });
});

describe('an owner of the lock that stands still', () => {
  it('beyond its lease, before it has sent anything: sends nothing later, and adopts', async () => {
    const [owner, other] = (await startAll(2)) as [SessionProcess, SessionProcess];
    await expiry();
    await owner.do('haltAt', 'intent stored', 'freeze');
    const late = owner.do('getAccessToken');
    await owner.stopped();

    const began = performance.now();
    const token = await other.do('getAccessToken');
    const waitedMs = performance.now() - began;
    expect(waitedMs).toBeGreaterThan(timeoutMs + 9_000);
    expect(waitedMs).toBeLessThan(timeoutMs + 13_000);
    expect(refreshes()).toMatchObject([{ process: other.name, accessToken: token }]);

    owner.thaw();
    expect(await late).toBe(token);
    expect(outcomes()).toEqual(['issued']);
    expect(owner.journal().filter(({ what }) => what === 'sent')).toEqual([]);
    expect(await owner.do('current')).toEqual(await other.do('current'));
  }, 30_000);
});

describe('a process that stands still while the same person signs in again', () => {
  // Not yet: the first calls are told that the person has to sign in again.
  it('serves calls from the new sign-in when it goes on', async () => {
    const [sleeper] = (await startAll(1)) as [SessionProcess];
    sleeper.stop();
    await expiry();
    await login.signIn();
    const calls = [1, 2, 3].map(() => sleeper.do('getAccessToken'));
    sleeper.thaw();

    const tokens = await Promise.all(calls);
    expect(new Set(tokens)).toEqual(new Set([provider.requests.at(-1)?.accessToken]));
    expect(refreshes()).toEqual([]);
  });
});

describe('a disk that is full', () => {
  it('for the owner of the lock: serves from memory, and stores when there is room again', async () => {
    const [owner, ...others] = (await startAll(3)) as [SessionProcess, ...SessionProcess[]];
    await expiry();
    await owner.do('haltAt', 'answered');
    const answered = owner.reached('answered');
    const asked = owner.do('getAccessToken');
    await answered;
    await owner.do('fillDisk', true);
    await owner.do('goOn');

    const token = await asked;
    expect(token).toBe(refreshes()[0]?.accessToken);
    const notes = owner.journal().map(({ what }) => what);
    expect(notes).toContain('storageDegraded');
    expect(notes.lastIndexOf('stored')).toBeLessThan(notes.indexOf('answered'));

    // They have to wait for what only the owner has.
    const waiting = others.map((other) => other.do('getAccessToken'));
    expect(await Promise.race([...waiting, pause(300, 'nobody')])).toBe('nobody');
    await owner.do('fillDisk', false);
    await Promise.all(waiting);

    expect(new Set(outcomes())).toEqual(new Set(['issued']));
    const spent = refreshes().map((request) => request.spent);
    expect(new Set(spent).size).toBe(spent.length);
    expect(provider.revocations.size).toBe(0);
    expect(await owner.do('current')).toMatchObject({ status: 'signedIn' });
    expect(readdirSync(directory).filter((name) => name.endsWith('.new'))).toEqual([]);
  });
});
