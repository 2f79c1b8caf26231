// Runs inside a project that installed the tarball: every entry imports, without touching the
// network and without leaving anything open, and the first steps of a user work.
import assert from 'node:assert/strict';
import dns from 'node:dns';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';

const touched = [];
const forbid = (what) => {
  touched.push(what);
  throw new Error(`${what} during import`);
};
globalThis.fetch = () => forbid('fetch');
Socket.prototype.connect = () => forbid('a connection');
dns.lookup = () => forbid('a DNS lookup');

const open = process.getActiveResourcesInfo().length;
const entries = JSON.parse(readFileSync(new URL('entries.json', import.meta.url), 'utf8'));
for (const specifier of entries) {
  const exported = await import(specifier);
  assert.ok(Object.keys(exported).length > 0, `${specifier} exports nothing`);
  assert.equal(exported.default, undefined, `${specifier} has a default export`);
}

const { createClient, clientSecret, isRelierError, RelierError } = await import('relier');
assert.equal(typeof createClient, 'function');
const client = createClient({
  issuer: 'https://issuer.example',
  clientId: 'consumer',
  authentication: clientSecret('secret'),
});
assert.equal(client.issuer, 'https://issuer.example');
assert.equal(client.clientId, 'consumer');
assert.ok(Object.isFrozen(client));
assert.throws(() => createClient({ issuer: 'nonsense', clientId: 'consumer' }), isRelierError);

const { fileStore } = await import('relier/node');
const { pathname } = new URL('package.json', import.meta.url);
// All entries throw errors of the same classes.
await assert.rejects(fileStore({ directory: pathname }).read('session'), RelierError);

const { apiToken, createManagementClient } = await import('relier/management');
const okta = createManagementClient({ orgUrl: 'https://org.example', auth: apiToken('token') });
assert.equal(typeof okta.authorizationServers.policies.rules.list, 'function');
assert.throws(() => createManagementClient({ orgUrl: '', auth: apiToken('token') }), RelierError);

const { redisStore } = await import('relier/redis');
const away = { eval: () => Promise.reject(new Error('away')) };
const encryptionKeys = new Uint8Array(32).fill(1);
await assert.rejects(redisStore(away, { encryptionKeys }).read('session'), RelierError);

// A page's session can be made where there is no page.
const { createBrowserSession, popup } = await import('relier/browser');
const session = createBrowserSession({ client, redirectUri: 'https://app.example/callback' });
assert.equal(session.current().status, 'unknown');
assert.ok(popup());

assert.deepEqual(touched, []);
assert.ok(process.getActiveResourcesInfo().length <= open, 'something was left open');
assert.equal(createRequire(import.meta.url)('relier/package.json').name, 'relier');
assert.throws(() => import.meta.resolve('relier/dist/index.js'), /not exported|ERR_PACKAGE_PATH/);
