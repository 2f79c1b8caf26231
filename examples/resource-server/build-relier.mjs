// relier and the demo's provider come from this repository: installs and builds what is missing.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const cwd = fileURLToPath(new URL('../..', import.meta.url));
const npm = (...words) =>
  execFileSync('npm', words, { cwd, stdio: 'inherit', shell: process.platform === 'win32' });

if (!existsSync(`${cwd}/node_modules`)) npm('ci');
npm('run', 'build:js', '--silent');
