import { parseArgs } from 'node:util';
import { type App, openApp } from './app.ts';
import { api } from './commands/api.ts';
import { login } from './commands/login.ts';
import { logout } from './commands/logout.ts';
import { whoami } from './commands/whoami.ts';
import { plainWords } from './plain-words.ts';
import { readSettings } from './settings.ts';

const HELP = `cli login [--device] [--no-browser]   sign in
cli whoami                            who is signed in
cli api METHOD /PATH                  call the API, such as: cli api GET /reports
cli logout                            sign out`;

process.exitCode = await main();

async function main(): Promise<number> {
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  let app: App | undefined;
  try {
    const { positionals, values } = parseArgs({
      allowPositionals: true,
      options: { device: { type: 'boolean' }, 'no-browser': { type: 'boolean' } },
    });
    const [command = '', ...rest] = positionals;
    if (!/^(?:login|whoami|api|logout)$/.test(command)) {
      console.log(HELP);
      return 2;
    }
    const options = { device: values.device, noBrowser: values['no-browser'] };
    app = await openApp(readSettings(process.env), interrupted.signal);
    const isDone = await run(app, command, rest, options);
    return isDone === false ? 1 : 0;
  } catch (error) {
    console.error(plainWords(error));
    return interrupted.signal.aborted ? 130 : 1;
  } finally {
    app?.session.close();
  }
}

async function run(
  app: App,
  command: string,
  rest: readonly string[],
  options: Parameters<typeof login>[1],
): Promise<boolean | undefined> {
  if (command === 'whoami') return whoami(app);
  if (command === 'api') return api(app, rest, options);
  if (command === 'logout') await logout(app);
  else await login(app, options);
  return true;
}
