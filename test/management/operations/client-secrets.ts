import { expect } from 'vitest';
import type { Row } from './row.ts';
import type { World } from './world.ts';

const own = { client_secret: 'a secret of our own, 34 characters' };
const statusOf = ({ app, ids }: World) => app.secrets.get(ids.secretId)?.['status'];
const deactivate = (world: World) =>
  Object.assign(world.app.secrets.get(world.ids.secretId) ?? {}, { status: 'INACTIVE' });
const forget = ({ app, ids }: World) => app.secrets.delete(ids.secretId);
const authenticatingBy = (tokenEndpointAuthMethod: string) => (world: World) => {
  forget(world);
  Object.assign(world.app, { tokenEndpointAuthMethod });
};

export const clientSecrets: readonly Row[] = [
  {
    operation: 'listOAuth2ClientSecrets',
    call: 'applications.secrets.list',
    status: 200,
    declared: [401, 403, 404, 429],
    run: (okta, { appId }) => okta.applications.secrets.list(appId).toArray(),
    check: (found, { ids }) =>
      expect(found).toMatchObject([{ status: 'ACTIVE' }, { id: ids.secretId }]),
  },
  {
    operation: 'createOAuth2ClientSecret',
    call: 'applications.secrets.create',
    status: 201,
    declared: [400, 401, 403, 429],
    arrange: forget,
    run: (okta, { appId }) => okta.applications.secrets.create(appId, own),
    check: (created) => expect(created).toMatchObject({ ...own, status: 'ACTIVE' }),
    refused: [
      { because: 'there are two already', cause: 'maximum number of client secrets' },
      {
        because: 'the client authenticates by private_key_jwt',
        arrange: authenticatingBy('private_key_jwt'),
        cause: "can't be used when 'token_endpoint_auth_method' is 'private_key_jwt'",
      },
      {
        because: 'it is too short for client_secret_jwt',
        arrange: authenticatingBy('client_secret_jwt'),
        run: (okta, { appId }) =>
          okta.applications.secrets.create(appId, { client_secret: 'x'.repeat(31) }),
        cause: "at least '32' characters",
      },
    ],
  },
  {
    operation: 'getOAuth2ClientSecret',
    call: 'applications.secrets.get',
    status: 200,
    declared: [401, 403, 404, 429],
    run: (okta, { appId, secretId }) => okta.applications.secrets.get(appId, secretId),
    check: (found, { app, ids }) =>
      expect(found).toMatchObject({
        client_secret: app.secrets.get(ids.secretId)?.['client_secret'],
        _links: { deactivate: {} },
      }),
  },
  {
    operation: 'deleteOAuth2ClientSecret',
    call: 'applications.secrets.delete',
    status: 204,
    declared: [400, 401, 403, 404, 429],
    arrange: deactivate,
    run: (okta, { appId, secretId }) => okta.applications.secrets.delete(appId, secretId),
    check: (_, { app }) => expect(app.secrets.size).toBe(1),
    refused: [{ because: 'it is active', cause: "can't delete an active client secret" }],
  },
  {
    operation: 'activateOAuth2ClientSecret',
    call: 'applications.secrets.activate',
    status: 200,
    declared: [401, 403, 404, 429],
    arrange: deactivate,
    run: (okta, { appId, secretId }) => okta.applications.secrets.activate(appId, secretId),
    check(activated, world) {
      expect(activated).toMatchObject({ id: world.ids.secretId, status: 'ACTIVE' });
      expect(statusOf(world)).toBe('ACTIVE');
    },
  },
  {
    operation: 'deactivateOAuth2ClientSecret',
    call: 'applications.secrets.deactivate',
    status: 200,
    declared: [400, 401, 403, 404, 429],
    run: (okta, { appId, secretId }) => okta.applications.secrets.deactivate(appId, secretId),
    check(deactivated, world) {
      expect(deactivated).toMatchObject({ id: world.ids.secretId, _links: { delete: {} } });
      expect(statusOf(world)).toBe('INACTIVE');
    },
    refused: [
      {
        because: 'it is the only active one',
        arrange({ app, ids }) {
          for (const [id, secret] of app.secrets) {
            if (id !== ids.secretId) secret['status'] = 'INACTIVE';
          }
        },
        cause: "can't deactivate the only active client secret",
      },
    ],
  },
];
