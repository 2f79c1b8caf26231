// The same against an org in memory, twice, so that nothing is left to do the second time.
import { apiToken, createManagementClient } from 'relier/management';
import { startOkta } from '../../../test/support/okta/okta.ts';
import { readPlan } from '../src/plan.ts';
import { run } from '../src/run.ts';

await using okta = await startOkta();
const client = createManagementClient({ orgUrl: okta.origin, auth: apiToken(okta.apiToken) });
const plan = await readPlan(new URL('../plan.json', import.meta.url));

for (const time of ['first', 'second']) {
  console.log(`The ${time} time, at ${okta.origin}:\n`);
  await run(client, plan);
  console.log();
}
