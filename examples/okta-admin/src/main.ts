import { isRelierError } from 'relier';
import { orgFromEnvironment } from './org-from-environment.ts';
import { readPlan } from './plan.ts';
import { run } from './run.ts';

const [file = new URL('../plan.json', import.meta.url)] = process.argv.slice(2);

try {
  const plan = await readPlan(file);
  await run(await orgFromEnvironment(), plan);
} catch (error) {
  // Errors of relier say what there is to say, and nothing secret.
  console.error(isRelierError(error) ? error.message : error);
  process.exitCode = 1;
}
