import {
  type Client,
  type ClientOptions,
  clientCredentialsGrant,
  clientSecretPost,
  createAuthorizationRequest,
  createClient,
  fetchServerMetadata,
  handleAuthorizationResponse,
} from '../../src/index.ts';

export const secret = 'a secret that must not leak';
const redirectUri = 'https://app.example/callback';

type Options = Partial<ClientOptions>;

/** Calls of a server at `origin` that discover nothing, so that each is one request. */
export function directCalls(origin: string) {
  function directClient(options: Options = {}): Client {
    return createClient({
      issuer: origin,
      clientId: 'app',
      authentication: clientSecretPost(secret),
      discovery: false,
      metadata: {
        authorization_endpoint: `${origin}/authorize`,
        token_endpoint: `${origin}/token`,
        jwks_uri: `${origin}/jwks`,
      },
      allowInsecureRequests: 'loopback',
      ...options,
    });
  }

  async function exchangeCode(client: Client, signal?: AbortSignal) {
    const { transaction } = await createAuthorizationRequest(client, { redirectUri });
    const { state } = transaction;
    const callback = new URL(redirectUri);
    callback.search = new URLSearchParams({ code: 'the-code', state }).toString();
    return handleAuthorizationResponse(client, transaction, callback, { signal });
  }

  return {
    directClient,
    exchangeCode,
    metadata: (options: Options = {}) =>
      fetchServerMetadata(
        createClient({
          issuer: origin,
          clientId: 'app',
          allowInsecureRequests: 'loopback',
          ...options,
        }),
      ),
    grant: (options: Options = {}) => clientCredentialsGrant(directClient(options)),
    code: (options: Options = {}) => exchangeCode(directClient(options)),
  };
}

/** One that may be repeated, one that may, and one that never may. */
export const kinds = ['metadata', 'grant', 'code'] as const;
