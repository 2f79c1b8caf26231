import { X509Certificate } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { Context } from 'oidc-provider';
import { listen } from '../../examples/demo/listen.ts';
import { mountProvider } from '../../examples/demo/provider/provider.ts';
import type { Certificate, CertificateAuthority } from './certificates.ts';
import { startTlsServer } from './tls-server.ts';

export interface MutualTlsProvider {
  readonly issuer: string;
  /** Where clients with certificates are expected. */
  readonly aliases: string;
  /** Path and port of every request, oldest first. */
  readonly requests: readonly { readonly path: string; readonly isAlias: boolean }[];
  close(): Promise<void>;
}

/**
 * A real provider at two addresses, as RFC 8705 section 5 has it: one that asks nobody for a
 * certificate, and aliases that do.
 */
export async function startMutualTlsProvider(options: {
  readonly clients: readonly Record<string, unknown>[];
  readonly authority: CertificateAuthority;
  readonly certificate: Certificate;
}): Promise<MutualTlsProvider> {
  const requests: { path: string; isAlias: boolean }[] = [];
  const seen = (request: IncomingMessage, isAlias: boolean) =>
    requests.push({ path: `${request.url}`.replace(/\?.*/, ''), isAlias });

  let handler: RequestListener = (_request, response) => response.writeHead(503).end();
  const alias = await startTlsServer(
    options.certificate,
    (request, response) => {
      seen(request, true);
      return handler(request, response);
    },
    { asks: { ca: options.authority.cert } },
  );
  const front = await listen('127.0.0.1');
  const mounted = await mountProvider(front.origin, {
    clients: options.clients,
    apiScopes: ['reports:read'],
    clientAuthMethods: ['tls_client_auth', 'self_signed_tls_client_auth', 'none'],
    metadata: {
      mtls_endpoint_aliases: {
        token_endpoint: `${alias.origin}/token`,
        introspection_endpoint: `${alias.origin}/introspect`,
        revocation_endpoint: `${alias.origin}/revoke`,
        userinfo_endpoint: `${alias.origin}/userinfo`,
      },
    },
    features: {
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        selfSignedTlsClientAuth: true,
        tlsClientAuth: true,
        getCertificate: (context: Context) => certificateOf(context)?.toString(),
        certificateAuthorized: (context: Context) => socketOf(context).authorized,
        certificateSubjectMatches: (context: Context, property: string, expected: string) =>
          property === 'tls_client_auth_san_dns' &&
          certificateOf(context)?.checkHost(expected, { subject: 'never' }) === expected,
      },
    },
  });
  handler = mounted.handler;
  front.serve((request, response) => {
    seen(request, false);
    return handler(request, response);
  });
  return {
    issuer: front.origin,
    aliases: alias.origin,
    requests,
    async close() {
      await Promise.all([front.close(), alias.close()]);
    },
  };
}

function socketOf(context: Context): TLSSocket {
  return (context as Context & { req: IncomingMessage }).req.socket as TLSSocket;
}

function certificateOf(context: Context): X509Certificate | undefined {
  const { raw } = socketOf(context).getPeerCertificate?.() ?? {};
  return raw && new X509Certificate(raw);
}
