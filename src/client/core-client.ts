import {
  type AuthorizationServer,
  clockSkew,
  clockTolerance,
  jweDecrypt,
  type Client as OAuthClient,
} from 'oauth4webapi';
import type { ClientContext } from './create-client.ts';
import { isSigningAlgorithm } from './create-client.ts';

/** The client in the protocol core's terms. */
export function coreClient(context: ClientContext, server: AuthorizationServer): OAuthClient {
  const [listed = 'RS256', ...others] = server.id_token_signing_alg_values_supported ?? [];
  return {
    client_id: context.clientId,
    // Pinned: the core would take any algorithm that the metadata lists.
    id_token_signed_response_alg:
      context.idTokenSigningAlgorithm ??
      (others.length === 0 && isSigningAlgorithm(listed) ? listed : 'RS256'),
    use_mtls_endpoint_aliases: !!context.authentication.mutualTls,
    [clockSkew]: (context.clock.now() - Date.now()) / 1000,
    [clockTolerance]: context.clockToleranceSeconds,
  };
}

/** How the protocol core reads what is encrypted, if this client can. */
export function coreDecryption({ decryption }: ClientContext): {
  [jweDecrypt]?: (jwe: string) => Promise<string>;
} {
  return decryption ? { [jweDecrypt]: decryption.decrypt } : {};
}
