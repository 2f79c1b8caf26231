import { expect } from 'vitest';
import {
  createAuthorizationRequest,
  handleAuthorizationResponse,
  jarm,
} from '../../../src/index.ts';
import {
  type HostileProvider,
  startHostileProvider,
} from '../../support/hostile-provider/index.ts';
import { hostileCallback, hostileClient } from '../../support/relying-party.ts';
import {
  doing,
  type SignInOptions,
  signIn,
  signingIn,
  started,
  startedByRedirect,
} from '../kit/acts.ts';
import { type Act, accepts, invalid, refuses, type Table, transport } from '../kit/case.ts';
import {
  asked,
  code,
  codeByPost,
  discovered,
  fapi,
  hybrid,
  hybridByPost,
  implicit,
  signedResponse,
  used,
  usedAfterFront,
  verifiedInFront,
} from '../kit/flows.ts';

const response = (name: string) => invalid(`authorization_response.${name}`);
const announced = (metadata: Record<string, unknown>) => ({
  ...metadata,
  authorization_response_iss_parameter_supported: true,
});

/** A second provider for the length of one act, at which no code may arrive. */
function besides(
  name: string,
  act: (other: HostileProvider, op: HostileProvider) => Promise<unknown>,
): Act<unknown> {
  return {
    name,
    provider: 'oidc',
    run: async ({ op }) => {
      await using other = await startHostileProvider({ metadata: announced });
      try {
        return await act(other, op);
      } finally {
        expect([op.count('token'), other.count('token')]).toEqual([0, 0]);
        expect(other.violations).toEqual([]);
      }
    },
  };
}

const namesAnother = besides('code, iss of a second issuer', async (other, op) => {
  op.fault('MX-01', undefined, other.issuer);
  return signIn(op, hostileClient(op));
});
const borrowsEndpoint = besides("code, at a second issuer's endpoint", async (other, op) => {
  op.fault('MX-02', undefined, (await other.metadata())['authorization_endpoint'] as string);
  const client = hostileClient(op);
  const { transaction, response } = await started(op, client);
  expect(other.count('authorization')).toBe(1);
  return handleAuthorizationResponse(client, transaction, response);
});
const ofAnotherClient = besides(
  "callback in the hands of a second issuer's client",
  async (other, op) => {
    const { callback, transaction } = await startedByRedirect(op, hostileClient(op));
    return handleAuthorizationResponse(hostileClient(other), transaction, callback);
  },
);
const atRedirectUri = (name: string, path: string) =>
  doing(`callback at ${name}`, {}, async (client, op) => {
    const { callback, transaction } = await startedByRedirect(op, client);
    callback.pathname = path;
    return handleAuthorizationResponse(client, transaction, callback);
  });
const postedElsewhere = doing('posted callback at another path', {}, async (client, op) => {
  const { url, transaction } = await createAuthorizationRequest(client, {
    redirectUri: hostileCallback,
    responseMode: 'form_post',
  });
  const form = await op.authorize(url);
  if (form instanceof URL) throw new Error('The answer is no form.');
  const target = `${form.action}/of-another-issuer`;
  const body = new URLSearchParams(form.entries);
  return handleAuthorizationResponse(
    client,
    transaction,
    new Request(target, { method: 'POST', body }),
  );
});

const withJarm: SignInOptions = { client: () => ({ responseProtection: jarm() }) };
const codeWithJarm = signingIn('code, JARM', withJarm);
const shapes = [code, codeByPost, hybrid, hybridByPost, implicit];

/** Section 5.1: who answered. */
export const mixUp: Table = [
  refuses('MX-01', namesAnother, response('iss'), asked),
  ...shapes.map((act) => refuses('MX-01', act, response('iss'), asked)),
  refuses(
    'MX-01',
    ofAnotherClient,
    { name: 'ConfigurationError', code: 'invalid_transaction' },
    asked,
  ),
  refuses('MX-02', borrowsEndpoint, response('iss'), discovered),
  ...shapes.flatMap((act) => [
    refuses('MX-03/success', act, response('iss'), asked),
    refuses('MX-03/error', act, response('iss'), asked),
  ]),
  ...['slash', 'case', 'port', 'percent'].flatMap((variant) =>
    [code, codeByPost, hybrid].map((act) =>
      refuses(`MX-04/${variant}`, act, response('iss'), asked),
    ),
  ),
  ...[code, codeByPost, hybrid].flatMap((act) => [
    refuses('MX-05/twice', act, response('duplicate'), asked),
    refuses('MX-05/empty', act, response('iss'), asked),
    refuses('MX-06/mismatch', act, response('iss'), asked),
  ]),
  accepts('MX-06/match', code, used),
  accepts('MX-06/match', hybridByPost, usedAfterFront),
  accepts('MX-06/match', implicit, verifiedInFront),
  refuses('MX-07/hybrid', hybrid, response('iss'), asked),
  refuses('MX-07/hybrid', hybridByPost, response('iss'), asked),
  refuses('MX-07/jarm', codeWithJarm, response('iss'), asked),
  refuses('MX-07/jarm', signedResponse(), response('iss'), ['discovery', 'par', 'authorization']),
  refuses(
    'MX-08',
    atRedirectUri("another issuer's redirect URI", '/callback/another-issuer'),
    response('redirect_uri'),
    asked,
  ),
  refuses('MX-08', atRedirectUri('the root', '/'), response('redirect_uri'), asked),
  refuses('MX-08', postedElsewhere, response('redirect_uri'), asked),
  refuses('MX-09', code, transport('redirect_refused', { status: 302 }), discovered),
  refuses('MX-09', fapi, transport('redirect_refused', { status: 302 }), discovered),
];
