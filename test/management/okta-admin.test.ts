import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ensureNamed } from '../../examples/okta-admin/src/ensure-named.ts';
import { apiToken, createManagementClient } from '../../src/management/index.ts';
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

  it('leaves what the plan does not speak of, however deep', async () => {
    const okta = await startOrg();
    const env = { OKTA_ORG_URL: okta.origin, OKTA_API_TOKEN: okta.apiToken };
    expect((await run('src/main.ts', env)).code).toBe(0);
    const client = createManagementClient({
      orgUrl: okta.origin,
      auth: apiToken(okta.apiToken),
    });
    const { authorizationServers: servers } = client;
    const { policies } = servers;
    const [server] = await servers.list({ q: 'Reports' }).toArray();
    const serverId = server?.id ?? '';
    const [policy] = await policies.list(serverId).toArray();
    const policyId = policy?.id ?? '';
    const [rule] = await policies.rules.list(serverId, policyId).toArray();
    if (!rule) throw new Error('There is no rule.');
    const users = { exclude: ['00u1leaver'] };
    await policies.rules.replace(serverId, policyId, rule.id, {
      ...rule,
      conditions: { ...rule.conditions, people: { ...rule.conditions.people, users } },
      actions: { token: { ...rule.actions?.token, accessTokenLifetimeMinutes: 60 } },
    });

    const { stdout } = await run('src/main.ts', env);

    expect(stdout).toMatch(/^replaced +rule/m);
    const changed = await policies.rules.get(serverId, policyId, rule.id);
    expect(changed.actions?.token?.accessTokenLifetimeMinutes).toBe(15);
    expect(changed.conditions.people?.users?.exclude).toEqual(['00u1leaver']);
    expect(changed.conditions.people?.groups?.include).toEqual(['EVERYONE']);
  });

  it('shows nothing of a key file that is no JWK', async () => {
    const okta = await startOrg();
    const folder = await mkdtemp(join(tmpdir(), 'okta-admin-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'key.json');
    await writeFile(file, '{"kty":"RSA","d":"very-private",}');

    const { code, stderr } = await run('src/main.ts', {
      OKTA_ORG_URL: okta.origin,
      OKTA_CLIENT_ID: 'app',
      OKTA_PRIVATE_JWK_FILE: file,
    });

    expect(code).toBe(1);
    expect(stderr).toContain('OKTA_PRIVATE_JWK_FILE');
    expect(stderr).not.toMatch(/"d"|very-/);
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

describe('what is found by its name', () => {
  it('is changed as it is now, whatever the list says', async () => {
    const listed = { id: 'a', name: 'A', description: 'old', kept: 'before' };
    const latest = { ...listed, kept: 'since' };
    const { outcome, value } = await ensureNamed(
      { name: 'A', description: 'new' },
      {
        list: (async function* () {
          yield listed;
        })(),
        create: () => expect.fail('it is there'),
        get: async () => latest,
        replace: async (id, planned) => ({ id, ...planned }) as typeof listed,
      },
    );
    expect(outcome).toBe('replaced');
    expect(value).toEqual({ ...latest, description: 'new' });
  });
});
