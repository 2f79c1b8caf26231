import { dpop } from '../../../dist/index.js';
import { createManagementClient, oktaServiceApp } from '../../../dist/management.js';

const orgUrl = 'https://example.okta.com';

export const connect = (privateKey: CryptoKey) =>
  createManagementClient({
    orgUrl,
    auth: oktaServiceApp({
      orgUrl,
      clientId: '0oa',
      privateKey,
      scopes: ['okta.apps.read'],
      dpop: dpop(),
    }),
  });
