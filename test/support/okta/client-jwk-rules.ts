import { isActive } from './client-secrets.ts';
import { validationFailed } from './errors.ts';
import type { App, Json } from './types.ts';

const MAXIMUM = 50;

/** Refuses a key that the client cannot have beside those it has. */
export function checkNewKey(app: App, key: Json): void {
  const others = [...app.keys.values()];
  const { kid, kty, status = 'ACTIVE', use = 'sig' } = key;
  if (others.length >= MAXIMUM) {
    throw refused(
      "You can't create a new key. You have reached the maximum number of keys allowed (50). To add another key, you must first delete an existing one.",
    );
  }
  const missing = (kty === 'EC' ? ['crv', 'x', 'y'] : ['e', 'n']).filter((name) => !key[name]);
  if (missing.length > 0) throw refused(`Missing required '${missing.join("', '")}' of the key.`);
  if (use === 'enc' && kty !== 'RSA') throw refused('Only RSA keys can be used for encryption.');
  if (kty === 'RSA' && bitsOf(key['n'] as string) < 2_048) {
    throw refused("RSA key length in the 'jwks' is less than '2,048' bits for the given key.");
  }
  if (others.some((other) => other['kid'] === kid && typeof kid === 'string')) {
    throw refused("All keys in the 'jwks' must have a unique `kid`.");
  }
  if (others.length > 0 && [key, ...others].some((other) => typeof other['kid'] !== 'string')) {
    throw refused(
      'Each key should have a unique kid when adding multiple keys. Use the Apps API to update the JWKS to add a kid for the existing key, or delete the existing key and re-add the key with a kid using the JWKS APIs.',
    );
  }
  if (use === 'enc' && status === 'ACTIVE' && others.some(isActiveEncryptionKey)) {
    throw refused("The client can have only one active encryption key in the 'jwks'.");
  }
}

/** Refuses to take the last key that something depends on. */
export function checkDeactivation(app: App, key: Json): void {
  if (isActiveEncryptionKey(key)) throw refused("You can't deactivate the active encryption key.");
  const left = [...app.keys.values()].filter(
    (other) => other !== key && isActive(other) && other['use'] !== 'enc',
  );
  if (left.length === 0 && app.tokenEndpointAuthMethod === 'private_key_jwt') {
    throw refused(
      "Can't deactivate the only active JSON Web Key when the value for `token_endpoint_auth_method` is `private_key_jwt`.",
    );
  }
  const { requestObjectSigningAlg: algorithm } = app;
  if (algorithm && !left.some((other) => fits(other, algorithm))) {
    throw refused(
      'The `jwks` must contain at least one key with an algorithm matching the `request_object_signature_algorithm`.',
    );
  }
}

function isActiveEncryptionKey(key: Json): boolean {
  return key['use'] === 'enc' && isActive(key);
}

function fits({ alg, kty }: Json, algorithm: string): boolean {
  if (typeof alg === 'string') return alg === algorithm;
  return kty === (algorithm.startsWith('ES') ? 'EC' : 'RSA');
}

/** How many bits a modulus has, leading zeros aside. */
function bitsOf(modulus: string): number {
  const bytes = Buffer.from(modulus, 'base64url');
  const first = bytes.findIndex((byte) => byte !== 0);
  if (first < 0) return 0;
  return (bytes.length - first) * 8 - (Math.clz32(bytes[first] ?? 0) - 24);
}

function refused(cause: string) {
  return validationFailed('JsonWebKey', [cause]);
}
