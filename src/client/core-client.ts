import { clockSkew, clockTolerance, jweDecrypt, type Client as OAuthClient } from 'oauth4webapi';
import { metadataList, type ServerMetadata } from '../discovery/server-metadata.ts';
import { type ClientContext, isSigningAlgorithm } from './create-client.ts';

/** The client in the protocol core's terms. */
export function coreClient(context: ClientContext, server: ServerMetadata): OAuthClient {
  return {
    client_id: context.clientId,
    // Pinned: the core would take any algorithm that the metadata lists.
    id_token_signed_response_alg:
      context.idTokenSigningAlgorithm ??
      usualAlgorithm(server, 'id_token_signing_alg_values_supported'),
    use_mtls_endpoint_aliases: !!context.authentication.mutualTls,
    [clockSkew]: (context.clock.now() - Date.now()) / 1000,
    [clockTolerance]: context.clockToleranceSeconds,
  };
}

/**
 * RS256, which is what clients are registered for unless they say otherwise, or the only one that
 * the server lists. Where neither can be, a name that no token has, for the error to show.
 */
export function usualAlgorithm(server: ServerMetadata, list: string): string {
  const listed = metadataList(server, list)?.filter(isSigningAlgorithm) ?? [];
  if (listed.length === 0 || listed.includes('RS256')) return 'RS256';
  return (listed.length === 1 && listed[0]) || 'the one this client is registered for';
}

/** How the protocol core reads what is encrypted, if this client can; `onOpened` sees the inside. */
export function coreDecryption(
  { decryption }: ClientContext,
  onOpened?: (jws: string) => void,
): { [jweDecrypt]?: (jwe: string) => Promise<string> } {
  if (!decryption) return {};
  return {
    async [jweDecrypt](jwe) {
      const jws = await decryption.decrypt(jwe);
      onOpened?.(jws);
      return jws;
    },
  };
}
