import { expect } from 'vitest';
import { ecKey, encryptionKey, modulus, rsaKey } from './keys.ts';
import type { Row } from './row.ts';
import type { World } from './world.ts';

const keyOf = ({ app, ids }: World) => app.keys.get(ids.keyId) ?? {};
const set = (change: object) => (world: World) => Object.assign(keyOf(world), change);
const forgetOthers = ({ app, ids }: World) => {
  for (const id of app.keys.keys()) if (id !== ids.keyId) app.keys.delete(id);
};

const added: Row = {
  operation: 'addJwk',
  call: 'applications.jwks.create',
  status: 201,
  declared: [400, 401, 403, 429],
  run: (okta, { appId }) => okta.applications.jwks.create(appId, { ...ecKey, kid: 'third' }),
  check: (key) => expect(key).toMatchObject({ ...ecKey, kid: 'third', status: 'ACTIVE' }),
  refused: [
    {
      because: 'another key has the kid',
      run: (okta, { appId }) => okta.applications.jwks.create(appId, { ...rsaKey, kid: 'first' }),
      cause: 'must have a unique `kid`',
    },
    {
      because: 'it is the second, and has no kid',
      run: (okta, { appId }) => okta.applications.jwks.create(appId, rsaKey),
      cause: 'unique kid when adding multiple keys',
    },
    {
      because: 'the first has no kid',
      arrange: set({ kid: null }),
      cause: 'unique kid when adding multiple keys',
    },
    {
      because: 'it has fewer than 2048 bits',
      run: (okta, { appId }) =>
        okta.applications.jwks.create(appId, { ...rsaKey, n: modulus(1_024), kid: 'third' }),
      cause: "less than '2,048' bits",
    },
    {
      because: 'there are 50 already',
      arrange({ ids, okta }) {
        for (let count = 3; count <= 50; count++) {
          okta.atConsole('addJwk', { appId: ids.appId }, { ...rsaKey, kid: `${count}` });
        }
      },
      cause: 'maximum number of keys allowed (50)',
    },
    {
      because: 'another encryption key is active',
      arrange: set({ use: 'enc' }),
      run: (okta, { appId }) =>
        okta.applications.jwks.create(appId, { ...encryptionKey, kid: 'third' }),
      cause: 'only one active encryption key',
    },
  ],
};

export const clientJwks: readonly Row[] = [
  {
    operation: 'listJwk',
    call: 'applications.jwks.list',
    status: 200,
    declared: [401, 403, 404, 429],
    run: (okta, { appId }) => okta.applications.jwks.list(appId).toArray(),
    check: (keys) => expect(keys).toMatchObject([{ kid: 'first' }, { kid: 'second' }]),
  },
  added,
  {
    operation: 'getJwk',
    call: 'applications.jwks.get',
    status: 200,
    declared: [401, 403, 404, 429],
    run: (okta, { appId, keyId }) => okta.applications.jwks.get(appId, keyId),
    check: (key) => expect(key).toMatchObject({ ...rsaKey, kid: 'second' }),
  },
  {
    operation: 'deletejwk',
    call: 'applications.jwks.delete',
    status: 204,
    declared: [400, 401, 403, 404, 429],
    arrange: set({ status: 'INACTIVE' }),
    run: (okta, { appId, keyId }) => okta.applications.jwks.delete(appId, keyId),
    check: (_, { app }) => expect(app.keys.size).toBe(1),
    refused: [{ because: 'it is active', cause: "can't delete an active JSON Web Key" }],
  },
  {
    operation: 'activateOAuth2ClientJsonWebKey',
    call: 'applications.jwks.activate',
    status: 200,
    declared: [401, 403, 404, 429],
    arrange(world) {
      for (const key of world.app.keys.values()) key['use'] = 'enc';
      set({ status: 'INACTIVE' })(world);
    },
    run: (okta, { appId, keyId }) => okta.applications.jwks.activate(appId, keyId),
    check(key, { app }) {
      expect(key).toMatchObject({ kid: 'second', status: 'ACTIVE' });
      // One encryption key at a time.
      expect([...app.keys.values()].map(({ status }) => status)).toEqual(['INACTIVE', 'ACTIVE']);
    },
  },
  {
    operation: 'deactivateOAuth2ClientJsonWebKey',
    call: 'applications.jwks.deactivate',
    status: 200,
    declared: [400, 401, 403, 404, 429],
    run: (okta, { appId, keyId }) => okta.applications.jwks.deactivate(appId, keyId),
    check: (key) => expect(key).toMatchObject({ kid: 'second', status: 'INACTIVE' }),
    refused: [
      {
        because: 'it is the active encryption key',
        arrange: set({ use: 'enc' }),
        cause: "can't deactivate the active encryption key",
      },
      {
        because: 'the client authenticates by it alone',
        arrange(world) {
          forgetOthers(world);
          Object.assign(world.app, { tokenEndpointAuthMethod: 'private_key_jwt' });
        },
        cause: 'only active JSON Web Key',
      },
      {
        because: 'request objects are signed with it alone',
        arrange(world) {
          forgetOthers(world);
          Object.assign(world.app, { requestObjectSigningAlg: 'RS256' });
        },
        cause: 'request_object_signature_algorithm',
      },
    ],
  },
];
