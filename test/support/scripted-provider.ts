import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import {
  type Client,
  type ClientOptions,
  createClient,
  type ServerMetadata,
} from '../../src/index.ts';
import { createFakeClock } from './fake-clock.ts';
import { createRecorder } from './relying-party.ts';
import { createWeb, json } from './scripted-web.ts';

export const issuer = 'https://login.example';
export const callback = 'https://app.example/callback';

/** What the provider signs with; one pair for all tests. */
export const serverKeys = await generateKeyPair('ES256', { extractable: true });
const publicJwk = { ...(await exportJWK(serverKeys.publicKey)), kid: 'server-1', alg: 'ES256' };

/** The provider's metadata; everything is in one place, nothing has to be discovered. */
export const scriptedMetadata = {
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/jwks`,
  userinfo_endpoint: `${issuer}/userinfo`,
  introspection_endpoint: `${issuer}/introspect`,
  revocation_endpoint: `${issuer}/revoke`,
  end_session_endpoint: `${issuer}/logout`,
  pushed_authorization_request_endpoint: `${issuer}/par`,
  id_token_signing_alg_values_supported: ['ES256'],
  authorization_signing_alg_values_supported: ['ES256'],
};

export const bearer = { access_token: 'access', token_type: 'Bearer' };

/** What is unusual for a client; members of the metadata may be taken away, too. */
export interface ScriptedClientOptions extends Omit<Partial<ClientOptions>, 'metadata'> {
  readonly metadata?: { readonly [member: string]: unknown } | undefined;
}

/** A provider that answers as told, at noon by the injected clock. */
export function scriptedProvider() {
  const clock = createFakeClock();
  const now = clock.now() / 1000;
  const recorder = createRecorder();
  const web = createWeb({
    [`${issuer}/jwks`]: () => json({ keys: [publicJwk] }),
    [`${issuer}/token`]: () => json(bearer),
    [`${issuer}/userinfo`]: () => json({ sub: 'ada' }),
    [`${issuer}/par`]: () => json({ request_uri: 'urn:pushed:1', expires_in: 60 }, 201),
  });

  return {
    clock,
    now,
    recorder,
    web,
    client({ metadata, ...options }: ScriptedClientOptions = {}): Client {
      return createClient({
        issuer,
        clientId: 'app',
        discovery: false,
        metadata: { ...scriptedMetadata, ...metadata } as Partial<ServerMetadata>,
        fetch: web.fetch,
        clock,
        trace: recorder.trace,
        ...options,
      });
    },
    /** Signs anything with the provider's key. */
    sign(claims: JWTPayload, header: object = {}): Promise<string> {
      return new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', ...header })
        .sign(serverKeys.privateKey);
    },
    /** An ID token for Ada. */
    idToken(claims: JWTPayload = {}, header: object = {}): Promise<string> {
      const usual = { iss: issuer, sub: 'ada', aud: 'app', iat: now, exp: now + 300 };
      return this.sign({ ...usual, ...claims }, header);
    },
    /** The parameters of all requests to the token endpoint. */
    tokenRequests(): URLSearchParams[] {
      return web.requests
        .filter(({ url }) => url === `${issuer}/token`)
        .map(({ body }) => new URLSearchParams(body));
    },
  };
}

export type ScriptedProvider = ReturnType<typeof scriptedProvider>;
