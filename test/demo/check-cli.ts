/** Does what the README of examples/cli says: installs, takes the tour, and starts the shell. */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './built-package.ts';

const cwd = join(root, 'examples/cli');
// What runs this file is told of a tsconfig that the example does not have.
const { TSX_TSCONFIG_PATH: _, ...inherited } = process.env;
for (const command of ['ci --no-audit --no-fund', 'run typecheck', 'run tour']) {
  execFileSync('npm', command.split(' '), { cwd, env: inherited, stdio: 'inherit' });
}

const { status, stdout } = spawnSync('npm', ['start'], {
  cwd,
  env: { ...inherited, SHELL: '/bin/sh', CLI_STORE: 'plaintext', CLI_HOME: join(cwd, 'temp') },
  input: 'cli\ncli whoami\nexit 7\n',
  encoding: 'utf8',
});
if (status !== 7 || !/cli logout +sign out\nNobody is signed in\.\n$/.test(stdout)) {
  throw new Error(`npm start ended with ${status}: ${stdout}`);
}
console.log('npm start: a shell with cli in it.');
