import { apiToken, createManagementClient } from '../../../dist/management.js';

export const okta = createManagementClient({
  orgUrl: 'https://example.okta.com',
  auth: apiToken('…'),
});
