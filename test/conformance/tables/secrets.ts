import { expect } from 'vitest';
import {
  type ClientOptions,
  createAuthorizationRequest,
  dpop,
  fetchUserInfo,
  introspectToken,
  isRelierError,
  jar,
  par,
  passwordGrant,
  refreshTokenGrant,
  revokeToken,
  type TraceEvent,
} from '../../../src/index.ts';
import {
  clientKey,
  type HostileProvider,
  secretsOf,
} from '../../support/hostile-provider/index.ts';
import { hostileCallback } from '../../support/relying-party.ts';
import { clientOf, type SignedIn, signIn } from '../kit/acts.ts';
import { type Act, type Case, oauth, refuses, type Table } from '../kit/case.ts';
import { clients } from '../kit/flows.ts';

/** Who talks to the provider, by the secrets that go along. */
const speakers = {
  public: () => ({}),
  basic: clients.basic,
  post: clients.post,
  'secret JWT': clients.secretJwt,
  'private key JWT': clients.key,
  DPoP: () => ({ dpop: dpop() }),
  'private key JWT and DPoP': () => ({ ...clients.key(), dpop: dpop() }),
};

type Speaker = keyof typeof speakers;
type Phase = (signedIn: SignedIn, op: HostileProvider) => Promise<unknown>;

/**
 * The provider refuses the request of that phase and tells everything back that it was sent; the
 * error may say that it did, and nothing of what.
 */
function canary(
  speaker: Speaker,
  name: string,
  refuse: (op: HostileProvider) => void,
  phase: Phase,
  client = {},
): Act<unknown> {
  return {
    name: `${name}, ${speaker}`,
    provider: 'echoing',
    run: async ({ op, inject }) => {
      const events: TraceEvent[] = [];
      const made = clientOf(op, {
        client: () => ({
          ...speakers[speaker](),
          ...client,
          trace: (event) => void events.push(event),
        }),
      });
      const signedIn = await signIn(op, made, { use: 'nothing' });
      inject();
      events.length = 0;
      refuse(op);
      try {
        return await phase(signedIn, op);
      } catch (error) {
        const secrets = op.requests.flatMap(secretsOf).filter(({ length }) => length > 3);
        expect(secrets).not.toEqual([]);
        expect(
          isRelierError(error) && (error as { errorDescription?: string }).errorDescription,
        ).toMatch(/^you sent .*\[redacted\]/);
        const traced = JSON.stringify(events);
        expect(events).not.toEqual([]);
        expect(secrets.filter((secret) => traced.includes(secret))).toEqual([]);
        throw error;
      }
    },
  };
}

const atToken = (op: HostileProvider) => op.fault('OC-18', '400');
const atTokenWithChallenge = (op: HostileProvider) => op.fault('OC-18', '401-challenge');
const code: Phase = ({ client }, op) => signIn(op, client);

const phases: [
  name: string,
  refuse: (op: HostileProvider) => void,
  phase: Phase,
  error: string,
  requests: Case['requests'],
][] = [
  ['code', atToken, code, 'invalid_grant', ['authorization', 'token']],
  ['code, challenged', atTokenWithChallenge, code, 'invalid_client', ['authorization', 'token']],
  [
    'refresh',
    atToken,
    ({ client, tokens }) => refreshTokenGrant(client, tokens),
    'invalid_grant',
    ['token'],
  ],
  [
    'revocation',
    (op) => op.fault('RV-02', 'unsupported_token_type'),
    ({ client, tokens }) => revokeToken(client, tokens.refreshToken as string),
    'unsupported_token_type',
    ['revocation'],
  ],
  [
    'introspection',
    (op) => op.fault('IN-05', '403'),
    ({ client, tokens }) => introspectToken(client, tokens.accessToken),
    'access_denied',
    ['introspection'],
  ],
  [
    'introspection, challenged',
    (op) => op.fault('IN-05', '401'),
    ({ client, tokens }) => introspectToken(client, tokens.accessToken),
    'invalid_client',
    ['introspection'],
  ],
  [
    'password',
    atToken,
    ({ client }, op) => passwordGrant(client, { username: op.username, password: op.password }),
    'invalid_grant',
    ['token'],
  ],
  [
    'userinfo',
    (op) => op.fault('OC-16', '401'),
    ({ client, tokens }) => fetchUserInfo(client, tokens),
    'invalid_token',
    ['userinfo'],
  ],
];
/** The request itself goes to the provider, and comes back in its error. */
const pushing = (speaker: Speaker, client: Partial<ClientOptions> = {}): Act<unknown> => ({
  name: `pushed request, ${speaker}${client.requestObject ? ', signed' : ''}`,
  provider: 'echoing',
  run: async ({ op, inject }) => {
    const made = clientOf(op, {
      client: () => ({ ...speakers[speaker](), pushedAuthorization: par(), ...client }),
    });
    inject();
    op.fault('PA-03', '400');
    return createAuthorizationRequest(made, {
      redirectUri: hostileCallback,
      idTokenHint: 'header.payload.signature-of-an-id-token',
    });
  },
});

/** Section 5.4: what relier sends never comes to light through an error or a trace. */
export const secrets: Table = [
  ...(Object.keys(speakers) as Speaker[]).flatMap((speaker) => [
    ...phases.map(([name, refuse, phase, error, requests]) =>
      refuses('RL-03', canary(speaker, name, refuse, phase), oauth(error), requests),
    ),
    refuses('RL-03', pushing(speaker), oauth('invalid_request'), ['discovery', 'par']),
  ]),
  refuses(
    'RL-03',
    pushing('private key JWT', { requestObject: jar(clientKey as never) }),
    oauth('invalid_request'),
    ['discovery', 'par'],
  ),
];
