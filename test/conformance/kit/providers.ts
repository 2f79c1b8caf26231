import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createFakeClock } from '../../support/fake-clock.ts';
import {
  type ClientRegistration,
  defaultClients,
  type HostileProvider,
  type HostileProviderOptions,
  publicClient,
  startHostileProvider,
} from '../../support/hostile-provider/index.ts';
import { rsaKey } from '../../support/hostile-provider/keys.ts';

type Jwk = Record<string, unknown> & { kty: string };

/** The clock of provider and client where a case is about time; it stands still. */
export const sharedClock = createFakeClock(Math.floor(Date.now() / 1000) * 1000);

const jwkOf = (key: KeyObject, more: object): Jwk =>
  ({ ...key.export({ format: 'jwk' }), ...more }) as Jwk;

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ecUse = { kid: 'client-ec-enc', use: 'enc' };
const rsaUse = { kid: 'client-rsa-enc', use: 'enc' };
const { n, e, kty, ...rsaPrivate } = jwkOf(await rsaKey('client-enc'), {}) as Jwk & {
  n: string;
  e: string;
};

/** The private halves of what `encryptedClient` has registered. */
export const decryptionKeys = {
  ec: jwkOf(ec.privateKey, ecUse),
  rsa: { kty, n, e, ...rsaPrivate, ...rsaUse },
};

/** A public client that answers may be encrypted to. */
export const encryptedClient: ClientRegistration = {
  ...publicClient,
  client_id: 'encrypted-client',
  jwks: {
    keys: [{ kty, n, e, ...rsaUse }, jwkOf(ec.publicKey, ecUse)],
  },
};

/** Another site starts sign-ins with this one. */
export const initiatedClient: ClientRegistration = {
  ...publicClient,
  client_id: 'initiated-client',
  initiate_login_uri: 'https://rp.example/initiate',
};

/** A program on the person's machine, at any port of it. */
export const nativeClient: ClientRegistration = {
  ...publicClient,
  client_id: 'native-client',
  application_type: 'native',
  redirect_uris: ['http://127.0.0.1/callback', 'http://[::1]/callback'],
};

const clients = [...defaultClients, encryptedClient, initiatedClient, nativeClient];
const announced = (metadata: Record<string, unknown>) => ({
  ...metadata,
  authorization_response_iss_parameter_supported: true,
});

/** Providers that differ in more than one fault. */
const providers = {
  oidc: { clients },
  clocked: { clients, now: sharedClock.now },
  announcing: { clients, metadata: announced },
  pushing: { clients, pushedAuthorization: true },
  signing: { clients, pushedAuthorization: true, requestObjects: 'allowed' },
  bound: { clients, dpop: true, pushedAuthorization: true },
  echoing: { clients, echoSecrets: true, pushedAuthorization: true, dpop: true },
  oauth: { clients, openid: false },
  'logging-out': { clients, logout: true },
  expiring: { clients, accessTokenLifetime: 600 },
  slash: { clients, issuerStyle: 'slash' },
  'no-slash': { clients, issuerStyle: 'no-slash' },
  'no-path': { clients, issuerStyle: 'no-path' },
  https: { clients, origin: 'https://op.example', dpop: true },
  fapi: { clients, profile: 'fapi' },
  'fapi-es256': { clients, profile: 'fapi', signingAlgorithm: 'ES256' },
  'fapi-eddsa': { clients, profile: 'fapi', signingAlgorithm: 'EdDSA' },
  'fapi-hybrid': { clients, profile: 'fapi', pushedAuthorization: false },
} satisfies Record<string, HostileProviderOptions>;

export type ProviderName = keyof typeof providers;

const running = new Map<ProviderName, Promise<HostileProvider>>();

/** The provider of that name, in its honest state. */
export async function providerOf(name: ProviderName): Promise<HostileProvider> {
  let starting = running.get(name);
  if (!starting) {
    starting = startHostileProvider(providers[name]);
    running.set(name, starting);
  }
  const op = await starting;
  op.clearFaults();
  op.reset();
  return op;
}

export async function closeProviders(): Promise<void> {
  const started = await Promise.all(running.values());
  running.clear();
  await Promise.all(started.map((op) => op.close()));
}
