// Measures what a consumer's bundle grows by: the entries in scripts/size, bundled from dist with
// esbuild, minified, gzip -9. Fails over budget, and fails on strings that prove that something got
// in that should not have: a byte count says that a bundle grew, a string says by what.
import { join } from 'node:path';
import { type BundleSize, bundleSize, kilobytes } from './bundle-size.ts';
import { root } from './entries.ts';

interface Bundle {
  title: string;
  file: string;
  /** Bytes after gzip, 1 kB = 1000 bytes. */
  budget?: number;
  /** A string that must not occur, and what it would prove. */
  forbidden: Record<string, string>;
}

const node = {
  undici: 'undici (belongs to relier/node)',
  'node:': 'a Node built-in (belongs to relier/node)',
};
const platform = {
  ...node,
  createObjectStore: 'idb-keyval (belongs to relier/browser)',
  BroadcastChannel: 'what only a page has (belongs to relier/browser)',
};
const jose = {
  JWSSignatureVerificationFailed: 'jose (only behind a dynamic import)',
  ERR_JWS: 'jose (only behind a dynamic import)',
  ERR_JOSE: 'jose (only behind a dynamic import)',
};
const codeFlow = {
  code_challenge: 'authorization requests',
  authorization_code: 'the authorization-code grant',
  jwks_uri: 'the server keys (only ID tokens need them)',
  RSASSA: 'signature verification',
};
/** What a client was not given must not be in its bundle. */
const capabilities = {
  'dpop+jwt': 'dpop()',
  'Pushed Authorization Request Endpoint': 'par()',
  'JARM response': 'jarm()',
  contentEncryptionAlgorithms: 'jwe()',
  requireStateHash: 'frontChannel()',
  'oauth-authz-req+jwt': 'jar()',
  'client-assertion-type': 'clientSecretJwt or privateKeyJwt',
};
const without = (given: string[]) =>
  Object.fromEntries(
    Object.entries(capabilities).filter(([, meaning]) => !given.includes(meaning)),
  );
const clientCredentials = { client_credentials: 'the client-credentials grant' };
const otherEndpoints = {
  end_session_endpoint: 'logout',
  introspection_endpoint: 'introspection',
  revocation_endpoint: 'revocation',
  userinfo_endpoint: 'userinfo',
};

const bundles: Bundle[] = [
  {
    title: 'code flow',
    file: 'code-flow.ts',
    budget: 18_400,
    forbidden: { ...platform, ...jose, ...capabilities, ...clientCredentials, ...otherEndpoints },
  },
  { title: '  by hand on oauth4webapi', file: 'by-hand-code-flow.ts', forbidden: {} },
  {
    title: 'code flow and a session',
    file: 'session.ts',
    budget: 30_700,
    forbidden: { ...platform, ...jose, ...capabilities, ...clientCredentials },
  },
  {
    title: 'page: redirect, IndexedDB',
    file: 'page.ts',
    budget: 34_350,
    forbidden: {
      ...node,
      ...jose,
      ...capabilities,
      ...clientCredentials,
      iframe: 'silent()',
      outerWidth: 'popup()',
    },
  },
  {
    title: '  and popup, silent',
    file: 'page-with-windows.ts',
    budget: 35_800,
    forbidden: { ...node, ...jose, ...capabilities, ...clientCredentials },
  },
  {
    title: '  and dpop, par',
    file: 'page-protected.ts',
    budget: 37_900,
    forbidden: { ...node, ...jose, ...without(['dpop()', 'par()']), ...clientCredentials },
  },
  {
    title: 'callback page of a popup',
    file: 'callback-page.ts',
    budget: 600,
    forbidden: { ...node, ...jose, ...capabilities, ...codeFlow, ...otherEndpoints },
  },
  {
    title: 'client credentials',
    file: 'client-credentials.ts',
    budget: 12_650,
    forbidden: { ...platform, ...jose, ...capabilities, ...codeFlow, ...otherEndpoints },
  },
  { title: '  by hand on oauth4webapi', file: 'by-hand-client-credentials.ts', forbidden: {} },
  {
    title: 'service tokens',
    file: 'service-tokens.ts',
    budget: 17_850,
    forbidden: { ...platform, ...jose, ...capabilities, ...codeFlow, ...otherEndpoints },
  },
  {
    title: 'code flow, dpop, par, jarm',
    file: 'full-protection.ts',
    budget: 21_550,
    forbidden: {
      ...platform,
      ...jose,
      ...without(['dpop()', 'par()', 'jarm()']),
      ...clientCredentials,
      ...otherEndpoints,
    },
  },
  {
    title: 'management client',
    file: 'management.ts',
    budget: 8_700,
    forbidden: {
      ...platform,
      ...jose,
      ...capabilities,
      ...codeFlow,
      ...clientCredentials,
      ...otherEndpoints,
      OperationProcessingError: 'oauth4webapi (only oktaServiceApp() needs it)',
    },
  },
  {
    title: '  with service app and dpop',
    file: 'management-service-app.ts',
    forbidden: {
      ...platform,
      ...jose,
      ...without(['dpop()', 'clientSecretJwt or privateKeyJwt']),
      ...otherEndpoints,
    },
  },
  { title: 'everything', file: 'everything.ts', forbidden: { ...platform, ...jose } },
];

interface Measurement extends BundleSize {
  leaks: string[];
}

async function measure({ file, forbidden }: Bundle): Promise<Measurement> {
  const size = await bundleSize(join(root, 'scripts', 'size', file));
  const fromSource = size.inputs.filter((path) => path.startsWith('src/'));
  if (fromSource.length > 0) throw new Error(`Bundled from src, not from dist: ${fromSource}`);
  const leaks = Object.entries(forbidden)
    .filter(([marker]) => size.texts.some((text) => text.includes(marker)))
    .map(([marker, meaning]) => `\`${marker}\`: ${meaning}`);
  return { ...size, leaks };
}

const row = (...cells: string[]): string =>
  cells.map((cell, index) => (index === 0 ? cell.padEnd(28) : cell.padStart(10))).join('');

process.stdout.write(`${row('kB', 'minified', 'gzip -9', 'budget', 'lazy')}\n`);
const failures: string[] = [];
for (const bundle of bundles) {
  const { minified, gzipped, lazy, leaks } = await measure(bundle);
  const budget = bundle.budget === undefined ? '' : kilobytes(bundle.budget);
  const verdict = leaks.length > 0 || gzipped > (bundle.budget ?? Infinity) ? '  FAILED' : '';
  const cells = [kilobytes(minified), kilobytes(gzipped), budget, lazy > 0 ? kilobytes(lazy) : ''];
  process.stdout.write(`${row(bundle.title, ...cells)}${verdict}\n`);
  if (bundle.budget !== undefined && gzipped > bundle.budget) {
    failures.push(`${bundle.title}: ${gzipped - bundle.budget} bytes over budget`);
  }
  failures.push(...leaks.map((leak) => `${bundle.title}: contains ${leak}`));
}
for (const failure of failures) process.stdout.write(`${failure}\n`);
process.exitCode = failures.length > 0 ? 1 : 0;
