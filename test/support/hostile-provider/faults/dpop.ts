import { failure, redirect } from '../answers.ts';
import type { Fault, FaultTable } from '../faults.ts';
import { dpopNonce } from '../random.ts';
import type { Answer, Endpoint } from '../types.ts';
import { instead, single } from './shared.ts';

const resources: Endpoint[] = ['resource', 'userinfo'];
const protectedEndpoints: Endpoint[] = ['par', 'token', ...resources];

/** Sections 3.14 and 5.10: proofs of possession. */
export const dpopFaults: FaultTable = {
  'F2-01': single({ policy: { asNonce: 'demand', rsNonce: 'demand' } }),
  'F2-03': single({ policy: { rsNonce: 'demand', challengeScheme: 'dPoP' } }),
  'DP-01': {
    twice: { policy: { asNonce: 'always', rsNonce: 'always' } },
    'no-header': { policy: { asNonce: 'headerless', rsNonce: 'headerless' } },
  },
  'DP-02': single({ policy: { nonceOnSuccess: true } }),
  'DP-03': single({ policy: { nonceOnSuccess: true } }),
  'DP-04': single({
    tokenResponse: (body) => {
      body['token_type'] = 'Bearer';
    },
  }),
  'DP-07': {
    'one-header': { policy: { rsNonce: 'demand', challenge: 'list' } },
    'several-headers': { policy: { rsNonce: 'demand', challenge: 'several-headers' } },
  },
  'DP-08': {
    invalid_dpop_proof: refusingProofs('invalid_dpop_proof'),
    invalid_token: refusingProofs('invalid_token'),
  },
  'DP-09': single({
    before: Object.fromEntries(
      resources.map(
        (endpoint): [Endpoint, NonNullable<NonNullable<Fault['before']>['resource']>] => [
          endpoint,
          (exchange, { op }) => {
            if (!exchange.elsewhere)
              instead(redirect(exchange.url.href.replace(op.origin, op.elsewhere), 307));
          },
        ],
      ),
    ),
  }),
  'DP-14': { ahead: { policy: { clockSkew: 600 } }, behind: { policy: { clockSkew: -600 } } },
  'DP-15': {
    twice: nonces(() => [dpopNonce(), dpopNonce()]),
    empty: nonces(() => ['']),
    space: nonces(() => ['a nonce']),
    quote: nonces(() => ['a"nonce']),
    backslash: nonces(() => ['a\\nonce']),
  },
};

/** A refusal that no nonce could mend; it names a nonce all the same, to tempt. */
function refusingProofs(error: string): Fault {
  const hook: NonNullable<NonNullable<Fault['before']>['token']> = (exchange) => {
    if (exchange.headers['dpop'] === undefined) return;
    const atResource = resources.includes(exchange.endpoint);
    if (error === 'invalid_token' && !atResource) return;
    const headers: Answer['headers'] = [['dpop-nonce', dpopNonce()]];
    if (atResource) headers.push(['www-authenticate', `DPoP error="${error}"`]);
    throw failure(atResource ? 401 : 400, error, 'as told', headers);
  };
  return { before: Object.fromEntries(protectedEndpoints.map((endpoint) => [endpoint, hook])) };
}

function nonces(make: () => string[]): Fault {
  const hook: NonNullable<NonNullable<Fault['answer']>['token']> = (answer, { exchange }) => {
    if (exchange?.headers['dpop'] === undefined) return;
    answer.headers = answer.headers.filter(([name]) => name !== 'dpop-nonce');
    for (const nonce of make()) answer.headers.push(['dpop-nonce', nonce]);
  };
  return { answer: Object.fromEntries(protectedEndpoints.map((endpoint) => [endpoint, hook])) };
}
