import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startOkta } from '../support/okta/okta.ts';

const root = join(import.meta.dirname, '../..');

/** Runs a program of the example on the sources, with nothing of Okta's but this in its environment. */
async function run(program: string, env: Record<string, string> = {}, ...words: string[]) {
  const tsx = join(root, 'node_modules/tsx/dist/cli.mjs');
  const args = [tsx, '--tsconfig', join(root, 'tsconfig.json'), program, ...words];
  const child = spawn(process.execPath, args, {
    cwd: join(root, 'examples/okta-admin'),
    env: { PATH: process.env['PATH'], ...env },
  });
  const printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text) => {
      printed[stream] += text;
    });
  }
  const [code] = await once(child, 'close');
  return { code, ...printed };
}

async function startOrg() {
  const okta = await startOkta();
  onTestFinished(() => okta[Symbol.asyncDispose]());
  return okta;
}

describe('examples/okta-admin', { timeout: 60_000 }, () => {
  it('sets up a server, and finds nothing left to do the second time', async () => {
    const { code, stderr, stdout } = await run('demo/main.ts');

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [first = '', second = ''] = stdout.split('The second time');
    expect(first.match(/^created /gm)).toHaveLength(7);
    expect(second.match(/^unchanged /gm)).toHaveLength(7);
    expect(stdout).not.toMatch(/replaced/);
  });

  it('gets in as a service app, by the variables of its environment', async () => {
    const okta = await startOrg();
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
    const folder = await mkdtemp(join(tmpdir(), 'okta-admin-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'key.json');
    await writeFile(file, JSON.stringify({ ...(await exportJWK(privateKey)), alg: 'RS256' }));
    const app = okta.addApp({
      tokenEndpointAuthMethod: 'private_key_jwt',
      keys: [{ ...(await exportJWK(publicKey)), alg: 'RS256' } as { kty: string }],
      grantedScopes: ['okta.authorizationServers.manage'],
      dpopBoundAccessTokens: true,
    });

    const { code, stderr, stdout } = await run('src/main.ts', {
      OKTA_ORG_URL: okta.origin,
      OKTA_CLIENT_ID: app.clientId,
      OKTA_PRIVATE_JWK_FILE: file,
    });

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^The issuer is http:\/\/127\.0\.0\.1/m);
    expect(okta.violations).toEqual([]);
  });

  it('says in a sentence what is wrong, and no secret', async () => {
    const okta = await startOrg();
    const wrong = { OKTA_ORG_URL: okta.origin, OKTA_API_TOKEN: 'the-token-of-nobody' };

    const refused = await run('src/main.ts', wrong);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/401 E0000011 \(/);
    expect(refused.stderr).not.toMatch(/the-token-of-nobody|^\s+at /m);
  });
});
