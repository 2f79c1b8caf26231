import { Client } from '@okta/okta-sdk-nodejs';

export const okta = new Client({ orgUrl: 'https://example.okta.com', token: '…' });
