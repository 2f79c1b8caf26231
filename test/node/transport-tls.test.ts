import { createHash, X509Certificate } from 'node:crypto';
import { rootCertificates, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  type ClientOptions,
  clientCredentialsGrant,
  createClient,
  createSession,
  fetchResource,
  fetchUserInfo,
  introspectToken,
  memoryStore,
  refreshTokenGrant,
  revokeToken,
  tlsClientAuth,
  validateAccessToken,
} from '../../src/index.ts';
import { createTransport, type TransportOptions } from '../../src/node/index.ts';
import {
  type Certificate,
  type CertificateAuthority,
  createAuthority,
  selfSigned,
} from '../support/certificates.ts';
import { type MutualTlsProvider, startMutualTlsProvider } from '../support/mutual-tls-provider.ts';
import { redirectUri } from '../support/openid-provider.ts';
import { asAda, failureOf, localClient, signIn } from '../support/relying-party.ts';
import { startTlsServer, type TlsServer } from '../support/tls-server.ts';

let authority: CertificateAuthority;
let client: Certificate;
let ownClient: Certificate;
let server: Certificate;
beforeAll(async () => {
  authority = await createAuthority();
  [client, ownClient, server] = await Promise.all([
    authority.issue('client.example'),
    selfSigned('own.example'),
    authority.issue('localhost'),
  ]);
});

/** As `x5t#S256` has it (RFC 8705 section 3.1). */
const thumbprintOf = (der: Buffer) => createHash('sha256').update(der).digest('base64url');

function transport(options: TransportOptions = {}) {
  const made = createTransport({ proxy: 'none', maxRetries: 0, ...options });
  onTestFinished(() => made.close());
  return made;
}

describe('a server of a private authority', () => {
  let web: TlsServer;
  beforeAll(async () => {
    web = await startTlsServer(server, (_request, response) => response.end('hello'));
  });
  afterAll(() => web.close());

  it.each<[string, () => TransportOptions['ca']]>([
    ['text', () => authority.cert],
    ['bytes', () => Buffer.from(authority.cert)],
    ['a list beside those of Node', () => [...rootCertificates, authority.cert]],
    ['a bundle', () => `# ours\n${rootCertificates[0]}\n${authority.cert}\n`],
  ])('is trusted by whoever names the authority (%s)', async (_, ca) => {
    const response = await transport({ ca: ca() }).fetch(web.origin);
    expect(await response.text()).toBe('hello');
  });

  it('is refused by everybody else', async () => {
    const stranger = await createAuthority('Somebody else');
    for (const options of [{}, { ca: stranger.cert }]) {
      expect(await failureOf(transport(options).fetch(web.origin))).toMatchObject({
        name: 'TransportError',
        code: 'network_error',
        reason: expect.stringMatching(/^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/),
      });
    }
  });

  it('is refused under a name that is not its own', async () => {
    const error = await failureOf(
      transport({ ca: authority.cert }).fetch(`https://127.0.0.1:${web.port}`),
    );
    expect(error).toMatchObject({
      code: 'network_error',
      reason: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
  });
});

describe('a client certificate', () => {
  const api = 'https://api.example';
  const registered = {
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    redirect_uris: [redirectUri],
    tls_client_certificate_bound_access_tokens: true,
  };
  let op: MutualTlsProvider;
  beforeAll(async () => {
    const jwk = new X509Certificate(ownClient.cert).publicKey.export({
      format: 'jwk',
    });
    const x5c = [new X509Certificate(ownClient.cert).raw.toString('base64')];
    op = await startMutualTlsProvider({
      authority,
      certificate: server,
      clients: [
        {
          client_id: 'client-of-the-authority',
          token_endpoint_auth_method: 'tls_client_auth',
          tls_client_auth_san_dns: 'client.example',
          ...registered,
        },
        {
          client_id: 'client-of-its-own',
          token_endpoint_auth_method: 'self_signed_tls_client_auth',
          jwks: { keys: [{ ...jwk, x5c }] },
          ...registered,
        },
        {
          client_id: 'public-client-with-a-certificate',
          token_endpoint_auth_method: 'none',
          ...registered,
          grant_types: ['authorization_code', 'refresh_token'],
        },
      ],
    });
  });
  afterAll(() => op.close());

  function relyingParty(
    certificate: Certificate | undefined,
    options: Partial<ClientOptions> = {},
  ) {
    const { fetch } = transport({ ca: authority.cert, ...(certificate && { certificate }) });
    return localClient(op.issuer, {
      clientId: 'client-of-the-authority',
      authentication: tlsClientAuth(),
      fetch,
      ...options,
    });
  }

  it.each<[string, string, () => Certificate]>([
    ['tls_client_auth', 'client-of-the-authority', () => client],
    ['self_signed_tls_client_auth', 'client-of-its-own', () => ownClient],
  ])('says who the client is (%s)', async (_, clientId, certificate) => {
    const before = op.requests.length;
    const { accessToken } = await clientCredentialsGrant(relyingParty(certificate(), { clientId }));
    expect(accessToken).toEqual(expect.any(String));
    expect(op.requests.slice(before)).toEqual([
      { path: '/.well-known/openid-configuration', isAlias: false },
      { path: '/token', isAlias: true },
    ]);
  });

  it.each<[string, () => Certificate | undefined]>([
    ['another one', () => ownClient],
    ['none', () => undefined],
  ])('is asked for: with %s, the client is nobody', async (_, certificate) => {
    expect(await failureOf(clientCredentialsGrant(relyingParty(certificate())))).toMatchObject({
      code: 'oauth_error',
      error: 'invalid_client',
    });
  });

  it('is what the tokens are bound to, from the sign-in to the API', async () => {
    const rp = relyingParty(client);
    const request = {
      scope: 'openid offline_access reports:read',
      prompt: 'consent',
      resource: api,
    };
    const { tokens } = await signIn(rp, asAda, request);

    const reports = createClient({
      issuer: op.issuer,
      clientId: api,
      allowInsecureRequests: 'loopback',
    });
    const boundTo = ({ cert }: Certificate) => ({
      audience: api,
      certificateThumbprint: thumbprintOf(new X509Certificate(cert).raw),
    });
    await validateAccessToken(reports, tokens.accessToken, boundTo(client));
    const renewed = await refreshTokenGrant(rp, tokens, { resource: api });
    await validateAccessToken(reports, renewed.accessToken, boundTo(client));

    // When the client has a new certificate, the session goes on, and its tokens follow.
    const next = await authority.issue('client.example');
    const after = await refreshTokenGrant(relyingParty(next), renewed, { resource: api });
    await validateAccessToken(reports, after.accessToken, boundTo(next));
    expect(
      await failureOf(validateAccessToken(reports, after.accessToken, boundTo(client))),
    ).toMatchObject({ check: 'access_token.certificate' });
  });

  it('binds the refresh token of a public client', async () => {
    const clientId = 'public-client-with-a-certificate';
    const { tokens } = await signIn(relyingParty(ownClient, { clientId }), asAda, {
      scope: 'openid offline_access',
      prompt: 'consent',
    });
    const thief = relyingParty(client, { clientId });
    expect(await failureOf(refreshTokenGrant(thief, tokens))).toMatchObject({
      error: 'invalid_grant',
    });
    const renewed = await refreshTokenGrant(relyingParty(ownClient, { clientId }), tokens);
    expect(renewed.refreshToken).toEqual(expect.any(String));
  });

  it('opens an API that checks it, and the token without it does not', async () => {
    const reports = createClient({
      issuer: op.issuer,
      clientId: api,
      allowInsecureRequests: 'loopback',
    });
    const web = await startTlsServer(
      server,
      async (request, response) => {
        const { raw } = (request.socket as TLSSocket).getPeerCertificate();
        try {
          const { subject } = await validateAccessToken(
            reports,
            `${request.headers.authorization}`.replace('Bearer ', ''),
            { audience: api, ...(raw && { certificateThumbprint: thumbprintOf(raw) }) },
          );
          response.end(subject);
        } catch {
          response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end();
        }
      },
      { asks: { ca: authority.cert } },
    );
    onTestFinished(() => web.close());

    const rp = relyingParty(client);
    const { tokens } = await signIn(rp, asAda, { scope: 'openid reports:read', resource: api });
    const session = createSession({
      client: rp,
      store: memoryStore(),
      resources: [{ url: web.origin }],
    });
    onTestFinished(() => session.close());
    await session.establish(tokens);
    expect(await (await session.fetch(web.origin)).text()).toBe(tokens.claims?.sub);

    for (const other of [ownClient, undefined]) {
      const response = await fetchResource(relyingParty(other), tokens, web.origin);
      expect(response.status).toBe(401);
    }
  });

  it('goes to every endpoint that has an alias', async () => {
    const rp = relyingParty(client);
    const { tokens } = await signIn(rp, asAda, { scope: 'openid profile' });
    const before = op.requests.length;
    expect(await fetchUserInfo(rp, tokens)).toMatchObject({ sub: tokens.claims?.sub });
    expect(await introspectToken(rp, tokens.accessToken)).toMatchObject({
      active: true,
      cnf: { 'x5t#S256': expect.any(String) },
    });
    await revokeToken(rp, tokens.accessToken);
    expect(op.requests.slice(before)).toEqual([
      { path: '/userinfo', isAlias: true },
      { path: '/introspect', isAlias: true },
      { path: '/revoke', isAlias: true },
    ]);
  });
});
