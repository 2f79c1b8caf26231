/**
 * Starts an OpenID provider, an API and a web page on free ports of this machine, signs in to them
 * in four ways, and tells about it. `--once` ends after that, otherwise the page stays up.
 */
import { parseArgs } from 'node:util';
import { apiChecks } from './api.ts';
import { ada } from './provider/accounts.ts';
import { backendService } from './steps/backend-service.ts';
import { nativeSignIn } from './steps/native-sign-in.ts';
import { passwordSignIn } from './steps/password-sign-in.ts';
import { webPage } from './steps/web-page.ts';
import { createTranscript, describeError, type Transcript } from './transcript.ts';
import { startWorld, type World } from './world.ts';

const { values: options } = parseArgs({
  options: {
    once: { type: 'boolean', default: false },
    api: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) {
  console.log(`npm run demo -- [--once] [--api URL]

  --once     run all steps, print the transcript, exit (1 if a step fails)
  --api URL  call this API instead of the demo's own; it has to accept the demo's tokens`);
} else {
  process.exitCode = await demo();
}

async function demo(): Promise<number> {
  const transcript = createTranscript();
  const interrupted = new Promise<void>((resolve) => {
    // Listens for good: npm and the shell may deliver one Ctrl-C several times.
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => resolve());
  });
  const world = await startWorld(options.api ? { apiUrl: options.api } : {});
  try {
    transcript.title('relier demo');
    transcript.fact('provider', `${world.issuer} (oidc-provider, in memory)`);
    transcript.fact(
      'api',
      `${world.apiUrl} ${options.api ? '' : `(checks with jose: ${apiChecks})`}`,
    );
    transcript.fact('page', world.pageOrigin);

    const code = await Promise.race([runSteps(world, transcript), interrupted]);
    if (code === undefined) process.exit(130);
    if (code !== 0 || options.once) return code;

    transcript.title(`Your turn: open ${world.pageOrigin}`);
    transcript.line(
      `   Sign in as ${ada.username}, password “${ada.password}”. Ctrl-C ends the demo.`,
    );
    await interrupted;
    transcript.line();
    return 0;
  } finally {
    await world.close();
  }
}

async function runSteps(world: World, transcript: Transcript): Promise<number> {
  // The page has its turn with a person, or here, played by a script.
  const steps = [backendService, passwordSignIn, nativeSignIn, ...(options.once ? [webPage] : [])];
  const started = performance.now();
  for (const [index, step] of steps.entries()) {
    const report = transcript.step(index + 1, step.title, step.story);
    try {
      await step.run(world, report);
      report.passed();
    } catch (error) {
      report.failed(error);
      console.error(`\nStep ${index + 1} (${step.title}) failed. ${describeError(error)}`);
      return 1;
    }
  }
  transcript.line();
  const ms = Math.round(performance.now() - started);
  transcript.title(`${steps.length} of ${steps.length} steps passed in ${ms} ms.`);
  transcript.line();
  return 0;
}
