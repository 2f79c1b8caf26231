// What relier/management weighs and does, beside @okta/okta-sdk-nodejs. `npm run bench -- management`.
import { behaviours } from './behaviours.ts';
import { bundles, installed } from './footprint.ts';
import { importTimes } from './import-time.ts';
import { paging, rateLimits } from './traces.ts';

for (const part of [bundles, installed, importTimes, behaviours, paging, rateLimits]) {
  process.stdout.write(`${await part()}\n\n`);
}
