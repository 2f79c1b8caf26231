import { describe, expect, it } from 'vitest';
import {
  type ClientAuthentication,
  type ClientOptions,
  clientCredentialsGrant,
  clientSecret,
  clientSecretBasic,
  clientSecretPost,
  createClient,
  introspectToken,
  none,
  revokeToken,
} from '../../src/index.ts';
import { failureOf } from '../support/relying-party.ts';
import { createWeb, json } from '../support/scripted-web.ts';

const issuer = 'https://login.example';

function setUp(options: Partial<ClientOptions>, metadata: Record<string, unknown> = {}) {
  const web = createWeb({
    [`${issuer}/token`]: () => json({ access_token: 'a', token_type: 'Bearer' }),
    [`${issuer}/introspect`]: () => json({ active: true }),
    [`${issuer}/revoke`]: () => new Response(null),
  });
  const client = createClient({
    issuer,
    clientId: 'app',
    discovery: false,
    metadata: {
      token_endpoint: `${issuer}/token`,
      introspection_endpoint: `${issuer}/introspect`,
      revocation_endpoint: `${issuer}/revoke`,
      ...metadata,
    },
    fetch: web.fetch,
    ...options,
  });
  return { web, client };
}

/** What a token request says about the client. */
async function presented(options: Partial<ClientOptions>, metadata?: Record<string, unknown>) {
  const { web, client } = setUp(options, metadata);
  await clientCredentialsGrant(client);
  return credentials(web.requests[0]);
}

function credentials(request = createWeb().requests[0]) {
  const body = new URLSearchParams(request?.body);
  return {
    authorization: request?.headers.get('authorization') ?? null,
    id: body.get('client_id'),
    secret: body.get('client_secret'),
  };
}

const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64');

const awkwardId = 'basic client:1';
const awkwardSecret = 'p@ss:word+ /=&%20 "quoted" ~!*()';

describe('none', () => {
  it('names the client in the body, and is the default', async () => {
    const expected = { authorization: null, id: 'app', secret: null };
    expect(await presented({})).toEqual(expected);
    expect(await presented({ authentication: none() })).toEqual(expected);
  });
});

describe('clientSecretBasic', () => {
  it.each<[encoding: string, id: string, secret: string, decoded: string]>([
    ['leaves an ordinary id as it is', 'my-client_1.a', 's3cret-._*', 'my-client_1.a:s3cret-._*'],
    [
      'encodes an awkward id and secret',
      awkwardId,
      awkwardSecret,
      'basic+client%3A1:p%40ss%3Aword%2B+%2F%3D%26%2520+%22quoted%22+%7E%21*%28%29',
    ],
    ['encodes UTF-8', 'ключ', 'päss€', '%D0%BA%D0%BB%D1%8E%D1%87:p%C3%A4ss%E2%82%AC'],
  ])('form: %s', async (_, clientId, secret, decoded) => {
    expect(await presented({ clientId, authentication: clientSecretBasic(secret) })).toEqual({
      authorization: `Basic ${base64(decoded)}`,
      id: null,
      secret: null,
    });
  });

  it('form: the exact bytes of an example', async () => {
    const authentication = clientSecretBasic('a b+c');
    expect((await presented({ clientId: 'x:y', authentication })).authorization).toBe(
      'Basic eCUzQXk6YStiJTJCYw==',
    );
  });

  it('raw: sends both as they are', async () => {
    const authentication = clientSecretBasic(awkwardSecret, { encoding: 'raw' });
    expect(await presented({ clientId: 'basic client', authentication })).toEqual({
      authorization: `Basic ${base64(`basic client:${awkwardSecret}`)}`,
      id: null,
      secret: null,
    });
  });
});

describe('clientSecretPost', () => {
  it('sends both in the body, and only there', async () => {
    const authentication = clientSecretPost(awkwardSecret);
    expect(await presented({ clientId: awkwardId, authentication })).toEqual({
      authorization: null,
      id: awkwardId,
      secret: awkwardSecret,
    });
  });
});

describe('clientSecret', () => {
  const authentication = clientSecret('secret');
  const basic = { authorization: `Basic ${base64('app:secret')}`, id: null, secret: null };
  const post = { authorization: null, id: 'app', secret: 'secret' };

  it.each<[methods: unknown, expected: object]>([
    [undefined, basic],
    [['client_secret_basic'], basic],
    [['client_secret_post'], post],
    [['client_secret_post', 'client_secret_basic'], basic],
    [['private_key_jwt', 'client_secret_post', 'none'], post],
  ])('with %o at the token endpoint takes one method', async (methods, expected) => {
    const metadata = methods && { token_endpoint_auth_methods_supported: methods };
    expect(await presented({ authentication }, metadata as Record<string, unknown>)).toEqual(
      expected,
    );
  });

  const unsupported = {
    code: 'unsupported_by_server',
    option: 'token_endpoint_auth_methods_supported',
  };
  const malformed = {
    code: 'invalid_metadata',
    check: 'metadata.token_endpoint_auth_methods_supported',
  };
  it.each([
    [['private_key_jwt'], unsupported],
    [[], unsupported],
    ['client_secret_post', malformed],
    [42, malformed],
    [{}, malformed],
  ])('with %o sends the secret nowhere', async (methods, expected) => {
    const { web, client } = setUp(
      { authentication },
      { token_endpoint_auth_methods_supported: methods },
    );
    expect(await failureOf(clientCredentialsGrant(client))).toMatchObject(expected);
    expect(web.requests).toEqual([]);
  });

  it('goes by the list of the endpoint that is called, or else by that of the token endpoint', async () => {
    const { web, client } = setUp(
      { authentication },
      {
        token_endpoint_auth_methods_supported: ['client_secret_post'],
        introspection_endpoint_auth_methods_supported: ['client_secret_basic'],
      },
    );
    await introspectToken(client, 'token');
    await revokeToken(client, 'token');
    await clientCredentialsGrant(client);
    expect(web.requests.map(credentials)).toEqual([basic, post, post]);
  });

  it('names the list of the endpoint that leaves nothing to use', async () => {
    const { web, client } = setUp(
      { authentication },
      { revocation_endpoint_auth_methods_supported: ['private_key_jwt'] },
    );
    expect(await failureOf(revokeToken(client, 'token'))).toMatchObject({
      code: 'unsupported_by_server',
      option: 'revocation_endpoint_auth_methods_supported',
    });
    expect(web.requests).toEqual([]);
  });
});

describe('a method of the application', () => {
  it('learns which endpoint it is for, and may wait', async () => {
    const seen: string[] = [];
    const authentication: ClientAuthentication = async ({ endpoint, server, clientId, body }) => {
      seen.push(`${endpoint} ${server[endpoint]}`);
      await Promise.resolve();
      body.set('client_id', clientId);
      body.set('proof', endpoint);
    };
    const { web, client } = setUp({ authentication });
    await clientCredentialsGrant(client);
    await introspectToken(client, 'token');
    await revokeToken(client, 'token');
    expect(seen).toEqual([
      `token_endpoint ${issuer}/token`,
      `introspection_endpoint ${issuer}/introspect`,
      `revocation_endpoint ${issuer}/revoke`,
    ]);
    expect(web.requests.map(({ body }) => new URLSearchParams(body).get('proof'))).toEqual([
      'token_endpoint',
      'introspection_endpoint',
      'revocation_endpoint',
    ]);
  });

  it.each(['Basic not base64!', 'Basic id:secret'])(
    'that sets the odd Authorization header %s is not read as Basic credentials',
    async (value) => {
      const authentication: ClientAuthentication = ({ headers }) =>
        headers.set('authorization', value);
      const { web, client } = setUp({ authentication });
      expect(await clientCredentialsGrant(client)).toMatchObject({ accessToken: 'a' });
      expect(web.requests).toHaveLength(1);
    },
  );

  it('that fails stops the request with a typed error, and shows nothing of its own', async () => {
    const authentication: ClientAuthentication = () => {
      throw new Error('the key store says: hunter2');
    };
    const { web, client } = setUp({ authentication });
    const error = await failureOf(clientCredentialsGrant(client));
    expect(JSON.stringify(error)).not.toContain('hunter2');
    expect(web.requests).toEqual([]);
  });
});
