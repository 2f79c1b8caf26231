// A shell in which `cli` is a command, with a provider and an API beside it until it ends.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ada } from '../../demo/provider/accounts.ts';
import { startWorld } from './world.ts';

const { env, services } = await startWorld();
console.log(`
  The provider is ${services.issuer}: sign in as ${ada.username}, password “${ada.password}”.
  Try:  cli login   cli whoami   cli api GET /reports   cli logout   exit
`);
// Ctrl-C is for what runs in the shell.
process.on('SIGINT', () => {});
const isWindows = process.platform === 'win32';
const shell = isWindows ? 'cmd.exe' : (process.env['SHELL'] ?? 'sh');
const child = spawn(shell, { env, stdio: 'inherit' });
const [status] = await once(child, 'exit');
await services.close();
process.exitCode = status ?? 1;
