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
    privateKey: JSON.parse(await readFile(required('OKTA_PRIVATE_JWK_FILE'), 'utf8')),
    scopes: ['okta.authorizationServers.manage'],
    ...(environment['OKTA_DPOP'] !== 'off' && { dpop: dpop() }),
  });
}

function required(name: string): string {
  const value = environment[name];
  if (!value) throw new Error(`Set ${name}; the README says which variables there are.`);
  return value;
}
