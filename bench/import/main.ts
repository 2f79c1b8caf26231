// What the start of a program pays for an import, beside peers. `npm run bench -- import`.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../../scripts/entries.ts';
import { importTimes } from './import-times.ts';

const built = (name: string) => join(root, 'dist', name);
const ours = (specifier: string) => fileURLToPath(import.meta.resolve(specifier));
const { resolve: peer } = createRequire(join(root, 'bench/package.json'));

const table = importTimes([
  { name: 'relier', files: [built('index.js')] },
  { name: 'relier/node', files: [built('node.js')] },
  { name: 'relier and relier/node', files: [built('index.js'), built('node.js')] },
  { name: '  and undici, with the first request', files: [built('node.js'), ours('undici')] },
  { name: '  by itself: oauth4webapi', files: [ours('oauth4webapi')] },
  { name: '  by itself: jose', files: [ours('jose')] },
  { name: '  by itself: undici', files: [ours('undici')] },
  { name: 'openid-client', files: [peer('openid-client')] },
  { name: 'simple-oauth2', files: [peer('simple-oauth2')] },
  { name: '@azure/msal-node', files: [peer('@azure/msal-node')] },
]);
process.stdout.write(`${table}\n\n`);
