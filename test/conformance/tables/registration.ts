import { expect } from 'vitest';
import {
  type ClientMetadata,
  type ClientOptions,
  clientSecret,
  clientSecretJwt,
  clientSecretPost,
  privateKeyJwt,
  type RegisteredClient,
  registerClient,
} from '../../../src/index.ts';
import { clientKey } from '../../support/hostile-provider/index.ts';
import { hostileCallback } from '../../support/relying-party.ts';
import { clientOf, doing, type SignedIn, signIn } from '../kit/acts.ts';
import { accepts, oauth, refuses, type Table } from '../kit/case.ts';
import { used } from '../kit/flows.ts';

const redirects = { redirect_uris: [hostileCallback] };
const { d: _, ...publicKey } = clientKey;

/** Registers, and signs in as what was registered: identifier, secret and all. */
const registering = (
  name: string,
  metadata: ClientMetadata,
  authentication: (registered: RegisteredClient) => Partial<ClientOptions>,
) =>
  doing(`registration, ${name}`, {}, async (client, op) => {
    const registered = await registerClient(client, { ...redirects, ...metadata });
    const { client_id: clientId } = registered;
    const made = clientOf(op, { client: () => ({ clientId, ...authentication(registered) }) });
    return { registered, ...(await signIn(op, made)) };
  });
const secretOf = ({ client_secret }: RegisteredClient) => client_secret ?? '';
const registeredAndUsed = ['discovery', 'registration', ...used] as const;

function holdsRegistration(
  { client, registered, tokens }: SignedIn & { registered: RegisteredClient },
  op: { clients: ReadonlyMap<string, object> },
): void {
  expect(op.clients.has(registered.client_id)).toBe(true);
  expect(client.clientId).toBe(registered.client_id);
  expect([tokens.claims?.aud].flat()).toEqual([registered.client_id]);
  expect(registered).toMatchObject({
    ...redirects,
    registration_access_token: expect.any(String),
    registration_client_uri: expect.any(String),
  });
}

const plain = registering('a secret', {}, (registered) => ({
  authentication: clientSecret(secretOf(registered)),
}));

const wrongly = (name: string, metadata: ClientMetadata) =>
  doing(`registration, ${name}`, {}, (client) => registerClient(client, metadata));
const wrong: [name: string, metadata: ClientMetadata, error?: string][] = [
  ['no redirect URI', {}],
  ['a redirect URI that is none', { redirect_uris: ['nowhere'] }, 'invalid_redirect_uri'],
  ['a fragment', { redirect_uris: [`${hostileCallback}#f`] }, 'invalid_redirect_uri'],
  ['an enc without its alg', { ...redirects, id_token_encrypted_response_enc: 'A128GCM' }],
  ['keys twice', { ...redirects, jwks: { keys: [] }, jwks_uri: 'https://rp.example/keys' }],
  ['a private key', { ...redirects, jwks: { keys: [clientKey] } }],
  ['http', { ...redirects, initiate_login_uri: 'http://rp.example/initiate' }],
];

/** Sections 2 and 3.7: registration. */
export const registration: Table = [
  accepts('DI-05', plain, registeredAndUsed, holdsRegistration),
  accepts(
    'DI-05',
    registering(
      'a secret in the body',
      { token_endpoint_auth_method: 'client_secret_post' },
      (registered) => ({ authentication: clientSecretPost(secretOf(registered)) }),
    ),
    registeredAndUsed,
    holdsRegistration,
  ),
  accepts(
    'DI-05',
    registering(
      'a secret that signs',
      { token_endpoint_auth_method: 'client_secret_jwt' },
      (registered) => ({ authentication: clientSecretJwt(secretOf(registered)) }),
    ),
    registeredAndUsed,
    holdsRegistration,
  ),
  accepts(
    'DI-05',
    registering(
      'a key',
      { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [publicKey] } },
      () => ({ authentication: privateKeyJwt(clientKey as never) }),
    ),
    registeredAndUsed,
    (result, op) => {
      holdsRegistration(result, op);
      expect(result.registered).not.toHaveProperty('client_secret');
    },
  ),
  accepts(
    'DI-05',
    registering('a public client', { token_endpoint_auth_method: 'none' }, () => ({})),
    registeredAndUsed,
    (result, op) => {
      holdsRegistration(result, op);
      expect(result.registered).not.toHaveProperty('client_secret');
    },
  ),
  accepts('REQ-10', plain, registeredAndUsed, (_result, op) => {
    const { body, headers, method, url } = op.requests[1] ?? {};
    expect([method, new URL(url ?? '').search]).toEqual(['POST', '']);
    expect(headers?.['content-type']).toMatch(/^application\/json\b/);
    expect(headers).not.toHaveProperty('authorization');
    expect(JSON.parse(body ?? '')).toEqual(redirects);
  }),
  accepts(
    'REQ-10',
    doing('registration with an initial token', {}, (client) =>
      registerClient(client, redirects, { initialAccessToken: 'an-initial-token' }),
    ),
    ['discovery', 'registration'],
    (_result, op) => expect(op.requests[1]?.headers.authorization).toBe('Bearer an-initial-token'),
  ),
  // What the application asks for goes as it is; what the server thinks of it comes back as an error.
  ...wrong.map(([name, metadata, error = 'invalid_client_metadata']) =>
    refuses(
      'REQ-10',
      wrongly(name, metadata),
      oauth(error, { status: 400 }),
      ['discovery', 'registration'],
      { violations: ['REQ-10'] },
    ),
  ),
];
