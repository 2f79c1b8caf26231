import { join } from 'node:path';
import { root } from '../../scripts/entries.ts';
import { importTimes as timesOf } from '../import/import-times.ts';

export function importTimes(): string {
  return timesOf([
    { name: 'relier/management', files: [join(root, 'dist/management.js')] },
    {
      name: '@okta/okta-sdk-nodejs',
      files: [join(root, 'bench/node_modules/@okta/okta-sdk-nodejs/src/index.js')],
    },
  ]);
}
