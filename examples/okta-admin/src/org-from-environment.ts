import { readFile } from 'node:fs/promises';
import { dpop } from 'relier';
import {
  apiToken,
  createManagementClient,
  type ManagementAuth,
  type ManagementClient,
  oktaServiceApp,
} from 'relier/management';

const environment = process.env;

/** The org that the environment names, and how to get in. */
export async function orgFromEnvironment(): Promise<ManagementClient> {
  const orgUrl = required('OKTA_ORG_URL');
  return createManagementClient({
    orgUrl,
    auth: await authFromEnvironment(orgUrl),
    onRateLimit({ waitMs }) {
      if (waitMs !== undefined) console.error(`Okta is busy, on in ${Math.ceil(waitMs / 1000)} s`);
    },
  });
}

async function authFromEnvironment(orgUrl: string): Promise<ManagementAuth> {
  const token = environment['OKTA_API_TOKEN'];
  if (token) return apiToken(token);
  return oktaServiceApp({
    orgUrl,
    clientId: required('OKTA_CLIENT_ID'),
    privateKey: await privateKeyFromEnvironment(),
    scopes: ['okta.authorizationServers.manage'],
    ...(environment['OKTA_DPOP'] !== 'off' && { dpop: dpop() }),
  });
}

async function privateKeyFromEnvironment(): Promise<JsonWebKey> {
  const text = await readFile(required('OKTA_PRIVATE_JWK_FILE'), 'utf8');
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the file.
    throw new Error('The file that OKTA_PRIVATE_JWK_FILE names is not JSON.');
  }
}

function required(name: string): string {
  const value = environment[name];
  if (!value) throw new Error(`Set ${name}; the README says which variables there are.`);
  return value;
}
