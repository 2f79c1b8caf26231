import { createHash, randomBytes } from 'node:crypto';
import { created, lifecycleLink, link, noContent, ok, times, timestamp } from './answers.ts';
import { notFound, validationFailed } from './errors.ts';
import { credentialsPath, findApp } from './find-app.ts';
import { object, oneOf, readBody, text } from './shapes.ts';
import type { App, Call, Json, Operation } from './types.ts';

const collection = '/api/v1/apps/{appId}/credentials/secrets';
const one = `${collection}/{secretId}`;
const shape = object({ client_secret: text(), status: oneOf('ACTIVE', 'INACTIVE') });
const MAXIMUM = 2;

export const clientSecrets: readonly Operation[] = [
  {
    id: 'listOAuth2ClientSecrets',
    method: 'GET',
    path: collection,
    run(call) {
      const app = findApp(call);
      return ok([...app.secrets.values()].map((secret) => present(call, app, secret)));
    },
  },
  {
    id: 'createOAuth2ClientSecret',
    method: 'POST',
    path: collection,
    body: 'optional',
    run(call) {
      const app = findApp(call);
      const secret = readSecret(call, app);
      app.secrets.set(secret['id'] as string, secret);
      return created(present(call, app, secret));
    },
  },
  {
    id: 'getOAuth2ClientSecret',
    method: 'GET',
    path: one,
    run: (call) => ok(present(call, findApp(call), findSecret(call))),
  },
  {
    id: 'deleteOAuth2ClientSecret',
    method: 'DELETE',
    path: one,
    run(call) {
      const { id, status } = findSecret(call);
      if (status === 'ACTIVE') {
        throw refused(
          "You can't delete an active client secret. Deactivate the secret before deleting it.",
        );
      }
      findApp(call).secrets.delete(id as string);
      return noContent;
    },
  },
  {
    id: 'activateOAuth2ClientSecret',
    method: 'POST',
    path: `${one}/lifecycle/activate`,
    run: (call) => changeStatus(call, 'ACTIVE'),
  },
  {
    id: 'deactivateOAuth2ClientSecret',
    method: 'POST',
    path: `${one}/lifecycle/deactivate`,
    run(call) {
      const active = [...findApp(call).secrets.values()].filter(isActive);
      if (active.length === 1 && active[0] === findSecret(call)) {
        throw refused("You can't deactivate the only active client secret.");
      }
      return changeStatus(call, 'INACTIVE');
    },
  },
];

export function isActive({ status }: Json): boolean {
  return status === 'ACTIVE';
}

function readSecret(call: Call, app: App): Json {
  const { client_secret: own, status = 'ACTIVE' } = readBody(call, 'client_secret', shape);
  if (own !== undefined) checkSecret(app, own as string);
  if (app.secrets.size >= MAXIMUM) {
    throw refused("You've reached the maximum number of client secrets per client.");
  }
  const secret = (own as string | undefined) ?? randomBytes(48).toString('base64url');
  return {
    id: call.org.id('ocs'),
    status,
    client_secret: secret,
    secret_hash: createHash('md5').update(secret).digest('base64url'),
    ...times(call),
  };
}

function checkSecret({ tokenEndpointAuthMethod: method }: App, secret: string): void {
  const wrong = (cause: string) => validationFailed('client_secret', [cause]);
  if (method === 'private_key_jwt') {
    throw wrong(
      "'client_secret' can't be used when 'token_endpoint_auth_method' is 'private_key_jwt'.",
    );
  }
  if (!/^[\x20-\x7e]*$/.test(secret)) {
    throw wrong("client_secret: ''client_secret'' must only contain printable ASCII: [x20-x7E]+");
  }
  if (secret.length < 14) {
    throw wrong("client_secret: 'client_secret' must be at least '14' characters long.");
  }
  if (secret.length > 100) {
    throw wrong("client_secret: 'client_secret' can't be more than '100' characters long.");
  }
  if (method === 'client_secret_jwt' && secret.length < 32) {
    throw wrong(
      "client_secret: 'client_secret' must be at least '32' characters long when 'token_endpoint_auth_method' is 'client_secret_jwt'.",
    );
  }
}

function changeStatus(call: Call, status: string) {
  const secret = findSecret(call);
  Object.assign(secret, { status, lastUpdated: timestamp(call) });
  return ok(present(call, findApp(call), secret));
}

function findSecret(call: Call): Json {
  const id = call.params['secretId'] ?? '';
  const secret = findApp(call).secrets.get(id);
  if (!secret) throw notFound(id, 'OAuth2ClientSecretMediated');
  return secret;
}

function refused(cause: string) {
  return validationFailed('OAuth2ClientSecretMediated', [cause]);
}

/** The secret is in clear, on every read. */
function present(call: Call, app: App, secret: Json): Json {
  const path = `${credentialsPath(app, 'secrets')}/${secret['id'] as string}`;
  return {
    ...secret,
    _links: {
      ...lifecycleLink(call, path, secret['status']),
      ...(!isActive(secret) && { delete: link(call, path, 'DELETE') }),
    },
  };
}
