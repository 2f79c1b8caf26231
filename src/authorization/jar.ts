import { issueRequestObject, type JWK, modifyAssertion } from 'oauth4webapi';
import { type Capability, capability } from '../client/capability.ts';
import { coreClient } from '../client/core-client.ts';
import type { ClientContext } from '../client/create-client.ts';
import { CONTENT_ENCRYPTION, KEY_MANAGEMENT } from '../client/key-algorithm.ts';
import { type PrivateKeyInput, type PrivateKeyOptions, signingKey } from '../client/private-key.ts';
import { serverKeysOf } from '../client/server-keys-of.ts';
import { metadataList } from '../discovery/server-metadata.ts';
import { invalidOption, requireOptions, requireText } from '../options.ts';
import { unsupported } from '../protocol-errors.ts';
import type { RequestObject } from './protection.ts';

/** What {@link jar} takes besides the key. */
export interface JarOptions extends PrivateKeyOptions {
  /** Encrypts the signed object to the server's published encryption key. */
  readonly encryption?:
    | {
        /** How the content key is encrypted: `RSA-OAEP`, `RSA-OAEP-256`, `ECDH-ES`, … */
        readonly keyManagement: string;
        /**
         * How the content is encrypted.
         * @default 'A256GCM'
         */
        readonly content?: string | undefined;
      }
    | undefined;
}

/**
 * Signs authorization requests, so that the server knows that nobody changed them on the way.
 *
 * @param key a private `CryptoKey`, JWK or PKCS #8 PEM.
 * @param options `algorithm`, `keyId`, `encryption`.
 * @returns the value for `createClient({ requestObject })`.
 * @throws ConfigurationError `invalid_option`; when used, `unsupported_by_server` where the server
 * lists algorithms without this one or publishes no fitting key
 * @see RFC 9101
 *
 * @example
 * ```ts
 * import { createClient, jar } from 'relier'
 *
 * export const clientOf = (key: CryptoKey) =>
 *   createClient({
 *     issuer: 'https://login.example.com',
 *     clientId: 'my-app',
 *     requestObject: jar(key, { keyId: '2026-11' }),
 *   })
 * ```
 */
export function jar(key: PrivateKeyInput, options: JarOptions = {}): Capability<'requestObject'> {
  requireOptions(options);
  const { encryption, ...keyOptions } = options;
  if (encryption !== undefined) requireEncryption(encryption);
  const keyOf = signingKey(key, keyOptions);
  const inside: RequestObject = {
    async seal(context, server, parameters) {
      const { algorithm, key, keyId } = await keyOf();
      const listed = metadataList(server, 'request_object_signing_alg_values_supported');
      if (listed && !listed.includes(algorithm)) {
        throw unsupported('request_object_signing_alg_values_supported');
      }
      const signed = await issueRequestObject(
        server,
        coreClient(context, server),
        parameters,
        keyId ? { key, kid: keyId } : { key },
        {
          [modifyAssertion](header, payload) {
            header['alg'] = algorithm;
            // A little back, for a server whose clock is behind; long enough to reach it by way
            // of the browser.
            payload['iat'] = payload['nbf'] = Math.floor(context.clock.now() / 1000) - 5;
            payload['exp'] = (payload['iat'] as number) + 300;
          },
        },
      );
      return new URLSearchParams({
        request: encryption ? await encrypt(signed, encryption, context) : signed,
        // These stay visible (OpenID Connect Core 1.0 section 6.1).
        ...{ client_id: context.clientId, scope: parameters.get('scope') as string },
        response_type: parameters.get('response_type') as string,
      });
    },
  };
  return capability(inside);
}

function requireEncryption({
  content = 'A256GCM',
  keyManagement,
}: NonNullable<JarOptions['encryption']>): void {
  if (!KEY_MANAGEMENT.test(requireText(keyManagement, 'encryption.keyManagement'))) {
    throw invalidOption('encryption.keyManagement', 'is not a known one for key pairs');
  }
  if (!CONTENT_ENCRYPTION.includes(content)) {
    throw invalidOption('encryption.content', 'is not a known one');
  }
}

async function encrypt(
  signed: string,
  { content = 'A256GCM', keyManagement }: NonNullable<JarOptions['encryption']>,
  context: ClientContext,
): Promise<string> {
  const { CompactEncrypt, importJWK } = await import('jose');
  const { keys } = await serverKeysOf(context).current();
  const isRsa = keyManagement.startsWith('RSA');
  const key = keys.find(
    ({ alg = keyManagement, kty, use }: JWK) =>
      use === 'enc' && alg === keyManagement && (kty === 'RSA') === isRsa,
  );
  if (!key) throw unsupported('jwks_uri');
  return new CompactEncrypt(new TextEncoder().encode(signed))
    .setProtectedHeader({
      alg: keyManagement,
      enc: content,
      cty: 'oauth-authz-req+jwt',
      ...(key.kid && { kid: key.kid }),
    })
    .encrypt(await importJWK({ ...key, alg: keyManagement }, keyManagement));
}
