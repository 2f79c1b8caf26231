import { expect } from 'vitest';
import {
  createAuthorizationRequest,
  fetchResource,
  fetchUserInfo,
  introspectToken,
  isRelierError,
  refreshTokenGrant,
  revokeToken,
} from '../../../src/index.ts';
import { hostileCallback } from '../../support/relying-party.ts';
import { afterwards, doing, resourceOf, type SignInOptions, signIn } from '../kit/acts.ts';
import {
  type Act,
  accepts,
  configuration,
  oauth,
  refuses,
  type Table,
  transport,
} from '../kit/case.ts';
import {
  asked,
  clients,
  code,
  codeByPost,
  codeWithSecret,
  discovered,
  exchanged,
  fapi,
  fapiHybrid,
  frontChannelSignIn,
  hybrid,
  used,
  usedResource,
  verified,
  verifiedInFront,
} from '../kit/flows.ts';

const refused = (status: number) => transport('redirect_refused', { status });
const confidential: SignInOptions = { client: clients.basic };
const by = {
  refresh: afterwards('refresh', confidential, ({ client, tokens }) =>
    refreshTokenGrant(client, tokens),
  ),
  userinfo: afterwards('userinfo', {}, ({ client, tokens }) => fetchUserInfo(client, tokens)),
  introspection: afterwards('introspection', confidential, ({ client, tokens }) =>
    introspectToken(client, tokens.accessToken),
  ),
  revocation: afterwards('revocation', confidential, ({ client, tokens }) =>
    revokeToken(client, tokens.accessToken),
  ),
};

/** What an error says of the provider's own words. */
const cleaned = (act: Act<unknown>): Act<unknown> => ({
  ...act,
  run: async (world) => {
    try {
      return await act.run(world);
    } catch (error) {
      if (!isRelierError(error)) throw error;
      expect(error).not.toHaveProperty('errorUri');
      const shown = `${error.message}${JSON.stringify(error)}`;
      expect(shown).not.toContain('javascript:');
      expect((error as { errorDescription?: string }).errorDescription).toMatch(
        /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/,
      );
      throw error;
    }
  },
});

const redirectTo = (redirectUri: string) =>
  doing(`redirect URI ${redirectUri.slice(0, 30)}`, {}, (client) =>
    createAuthorizationRequest(client, { redirectUri }),
  );

const everywhere = doing('code, every use of the tokens', confidential, async (client, op) => {
  const { tokens } = await signIn(op, client);
  const renewed = await refreshTokenGrant(client, tokens);
  await fetchResource(client, renewed, resourceOf(op));
  await introspectToken(client, renewed.accessToken);
  await revokeToken(client, renewed.refreshToken as string);
  return [tokens, renewed];
});

/** Sections 5.4 and 5.6: redirects, and what must not travel in a URL. */
export const redirects: Table = [
  ...[301, 302, 307, 308].flatMap((status) => [
    refuses(`RL-04/${status}`, code, refused(status), exchanged),
    refuses(`RL-04/${status}`, codeWithSecret, refused(status), exchanged),
    refuses(`RL-04/${status}`, fapi, refused(status), [
      'discovery',
      'par',
      'authorization',
      'token',
    ]),
    refuses(`RL-04/${status}`, by.refresh, refused(status), ['token']),
  ]),
  refuses('RL-07/jwks', code, refused(302), verified),
  refuses('RL-07/jwks', hybrid, refused(302), verifiedInFront),
  refuses('RL-07/discovery', code, refused(302), discovered),
  refuses('RL-07/userinfo', by.userinfo, refused(307), ['userinfo']),
  refuses('RL-07/introspection', by.introspection, refused(307), ['introspection']),
  refuses('RL-07/revocation', by.revocation, refused(307), ['revocation']),
  ...[code, codeByPost, hybrid, fapiHybrid].map((act) =>
    refuses('OR-04/authorization', cleaned(act), oauth('access_denied'), asked),
  ),
  refuses('OR-04/token', cleaned(code), oauth('invalid_grant'), exchanged),
  accepts(
    'RL-06',
    everywhere,
    [...used, 'token', 'resource', 'introspection', 'revocation'],
    (issued, op) => {
      const secrets = issued.flatMap(({ accessToken, refreshToken, idToken }) => [
        accessToken,
        encodeURIComponent(refreshToken as string),
        idToken as string,
      ]);
      expect(secrets).toHaveLength(6);
      for (const { url } of op.requests) {
        expect(secrets.filter((secret) => url.includes(secret))).toEqual([]);
      }
    },
  ),
  accepts('RL-06', fapi, usedResource, ({ tokens }, op) => {
    for (const { url } of op.requests) expect(url).not.toContain(tokens.accessToken);
  }),
  accepts('RL-06', frontChannelSignIn('id_token token', 'form_post'), [
    ...verifiedInFront,
    'userinfo',
  ]),

  ...[
    'callback:/done',
    'myapp://callback',
    'http://rp.example/callback',
    'javascript:alert(1)',
  ].map((uri) =>
    refuses(
      'NA-06',
      redirectTo(uri),
      { name: 'ConfigurationError', option: 'redirectUri', code: expect.any(String) as never },
      [],
    ),
  ),
  refuses(
    'NA-06',
    redirectTo(`${hostileCallback}#fragment`),
    configuration('invalid_option', 'redirectUri'),
    [],
  ),
];
