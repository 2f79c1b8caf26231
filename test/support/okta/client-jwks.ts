import { created, lifecycleLink, link, noContent, ok, times, timestamp } from './answers.ts';
import { checkDeactivation, checkNewKey } from './client-jwk-rules.ts';
import { isActive } from './client-secrets.ts';
import { notFound, validationFailed } from './errors.ts';
import { credentialsPath, findApp } from './find-app.ts';
import { ignored, object, oneOf, readBody, text } from './shapes.ts';
import type { App, Call, Json, Operation } from './types.ts';

const collection = '/api/v1/apps/{appId}/credentials/jwks';
const one = `${collection}/{keyId}`;

const shape = object(
  {
    kty: oneOf('RSA', 'EC'),
    use: oneOf('sig', 'enc'),
    alg: text(),
    kid: text(),
    status: oneOf('ACTIVE', 'INACTIVE'),
    e: text({ min: 1 }),
    n: text({ min: 1 }),
    crv: oneOf('P-256', 'P-384', 'P-521'),
    x: text({ min: 1 }),
    y: text({ min: 1 }),
    id: ignored,
    created: ignored,
    lastUpdated: ignored,
    _links: ignored,
  },
  ['kty'],
);

export const clientJwks: readonly Operation[] = [
  {
    id: 'listJwk',
    method: 'GET',
    path: collection,
    run(call) {
      const app = findApp(call);
      const keys = [...app.keys.values()].map((key) => present(call, app, key));
      const { keysAs = 'keys' } = call.org.faults;
      if (keysAs === 'array') return ok(keys);
      return ok(keysAs === 'keys' ? { keys } : { jwks: { keys } });
    },
  },
  {
    id: 'addJwk',
    method: 'POST',
    path: collection,
    body: 'required',
    run(call) {
      const app = findApp(call);
      const key = readBody(call, 'JsonWebKey', shape);
      checkNewKey(app, key);
      const { kid = null } = key;
      const id = call.org.id('pks');
      app.keys.set(id, { status: 'ACTIVE', use: 'sig', ...key, kid, id, ...times(call) });
      return created(present(call, app, app.keys.get(id) ?? {}));
    },
  },
  {
    id: 'getJwk',
    method: 'GET',
    path: one,
    run: (call) => ok(present(call, findApp(call), findKey(call))),
  },
  {
    id: 'deletejwk',
    method: 'DELETE',
    path: one,
    run(call) {
      const key = findKey(call);
      if (isActive(key)) {
        throw validationFailed('JsonWebKey', [
          "You can't delete an active JSON Web Key. Deactivate the key before deleting it.",
        ]);
      }
      findApp(call).keys.delete(key['id'] as string);
      return noContent;
    },
  },
  {
    id: 'activateOAuth2ClientJsonWebKey',
    method: 'POST',
    path: `${one}/lifecycle/activate`,
    run(call) {
      const key = findKey(call);
      if (key['use'] === 'enc') {
        for (const other of findApp(call).keys.values()) {
          if (other['use'] === 'enc') other['status'] = 'INACTIVE';
        }
      }
      return changeStatus(call, key, 'ACTIVE');
    },
  },
  {
    id: 'deactivateOAuth2ClientJsonWebKey',
    method: 'POST',
    path: `${one}/lifecycle/deactivate`,
    run(call) {
      const key = findKey(call);
      checkDeactivation(findApp(call), key);
      return changeStatus(call, key, 'INACTIVE');
    },
  },
];

function changeStatus(call: Call, key: Json, status: string) {
  Object.assign(key, { status, lastUpdated: timestamp(call) });
  return ok(present(call, findApp(call), key));
}

function findKey(call: Call): Json {
  const id = call.params['keyId'] ?? '';
  const key = findApp(call).keys.get(id);
  if (!key) throw notFound(id, 'JsonWebKey');
  return key;
}

function present(call: Call, app: App, key: Json): Json {
  const path = `${credentialsPath(app, 'jwks')}/${key['id'] as string}`;
  return {
    ...key,
    _links: {
      ...lifecycleLink(call, path, key['status']),
      ...(!isActive(key) && { delete: link(call, path, 'DELETE') }),
    },
  };
}
