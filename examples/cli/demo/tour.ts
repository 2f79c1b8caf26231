// The session of the README, with a script for the person: fails where the output is another.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ada } from '../../demo/provider/accounts.ts';
import { createUserAgent } from '../../demo/user-agent.ts';
import { startWorld } from './world.ts';

const { env, services } = await startWorld();
const home = await mkdtemp(join(tmpdir(), 'relier-example-cli-'));
// The person's own keyring is none of a script's business.
Object.assign(env, {
  CLI_HOME: home,
  CLI_STORE: 'key',
  CLI_KEY: randomBytes(32).toString('base64url'),
});

try {
  await expectOf('whoami', /Nobody is signed in/, 1);
  await expectOf('login --no-browser', /Signed in as Ada Lovelace\.$/);
  await expectOf('whoami', /^ada \(Ada Lovelace\) at http/);
  await expectOf('api GET /reports', /Three reports are waiting/);
  await expectOf('api GET /reports/payroll --no-browser', /confirm that it is you.*"message"/s);
  await expectOf('api GET /elsewhere', /not below any of the session's resources/, 1);
  await expectOf('logout', /^Signed out\.$/);
  await expectOf('api GET /reports', /Nobody is signed in any more/, 1);
  await expectOf('login --device', /Signed in as Ada Lovelace\.$/);
  await expectOf('logout', /^Signed out\.$/);
} finally {
  await services.close();
  await rm(home, { recursive: true });
}

/** Runs a command, and plays the person where it asks for one. */
async function expectOf(command: string, pattern: RegExp, status = 0): Promise<void> {
  console.log(`$ cli ${command}`);
  const script = join(import.meta.dirname, '..', 'bin', 'cli.mjs');
  const child = spawn(process.execPath, [script, ...command.split(' ')], { env });
  let shown = '';
  let isAsked = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
      process.stdout.write(text);
      const [, address] = /Open this address to sign in:\s+(\S+)\s/.exec(shown) ?? [];
      const [, page, code] = /To sign in, open\s+(\S+)\s.*?the code\s+(\S+)\s/s.exec(shown) ?? [];
      if (isAsked || !(address ?? code)) return;
      isAsked = true;
      const person = createUserAgent();
      const work = address
        ? person.signIn(new URL(address), ada).then((answer) => person.open(answer))
        : person.signInToDevice(new URL(page ?? ''), code ?? '', ada);
      work.catch((error: unknown) => {
        console.error(error);
        child.kill();
      });
    });
  }
  const [ended] = await once(child, 'close');
  console.log();
  if (ended !== status || !pattern.test(shown.trim())) {
    throw new Error(`cli ${command} ended with ${ended}, and does not match ${pattern}.`);
  }
}
