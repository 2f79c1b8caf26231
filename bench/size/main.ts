// What a page's bundle grows by, beside the peers, in one run: esbuild minified, gzip -9.
import { join } from 'node:path';
import { bundleSize, kilobytes } from '../../scripts/bundle-size.ts';
import { root } from '../../scripts/entries.ts';
import { table } from '../measure.ts';

const pages = [
  { file: 'bench/size/pages/by-hand.ts', title: 'by hand on oauth4webapi and idb-keyval' },
  { file: 'scripts/size/page.ts', title: 'relier: createBrowserSession with redirect()' },
  { file: 'scripts/size/page-protected.ts', title: 'relier: and popup(), silent(), dpop(), par()' },
  { file: 'bench/size/pages/openid-client.ts', title: 'openid-client (no store, no session)' },
  { file: 'bench/size/pages/oidc-client-ts.ts', title: 'oidc-client-ts (verifies no signature)' },
  { file: 'bench/size/pages/okta-auth-js.ts', title: 'okta-auth-js/core' },
  { file: 'bench/size/pages/auth0-spa-js.ts', title: 'auth0-spa-js' },
  { file: 'bench/size/pages/msal-browser.ts', title: 'msal-browser' },
];

const rows = [];
for (const { file, title } of pages) {
  rows.push({ title, ...(await bundleSize(join(root, file))) });
}
const floor = rows[0]?.gzipped ?? Number.NaN;
process.stdout.write(
  `\n${table([
    ['a page, kB', 'minified', 'gzip -9', 'of by hand', 'on demand'],
    ...rows.map(({ gzipped, lazy, minified, title }) => [
      title,
      kilobytes(minified),
      kilobytes(gzipped),
      `${(gzipped / floor).toFixed(2)} x`,
      lazy > 0 ? kilobytes(lazy) : '',
    ]),
  ])}\n`,
);
