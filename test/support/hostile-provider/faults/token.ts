import { html, json, replace, text } from '../answers.ts';
import type { Fault, FaultTable } from '../faults.ts';
import { param } from '../http.ts';
import type { Answer } from '../types.ts';
import { refusing, single } from './shared.ts';

/** Sections 3.11, 3.14, 5.8, 5.12, 5.13: the token endpoint's answers. */
export const tokenFaults: FaultTable = {
  'F2-04': single({
    tokenResponse: (body) => {
      body['token_type'] = [...String(body['token_type'])].map(invertCase).join('');
    },
  }),
  'F2-05': { expires_in: without('expires_in'), scope: without('expires_in', 'scope') },
  'RT-04': single({ policy: { refreshesBeforeResource: 2 } }),
  'OC-11': single(without('id_token')),
  'OC-17': {
    'error-200': replaced(() => json({ error: 'invalid_grant', error_description: 'with 200' })),
    html: replaced(() => html('<p>sign in first</p>')),
    empty: replaced(() => text('', 'application/json')),
    'invalid-json': replaced(() => text('{"access_token":', 'application/json')),
    array: replaced(() => json([])),
    'no-access-token': without('access_token'),
    'no-token-type': without('token_type'),
    'unknown-token-type': having('token_type', 'mac'),
    'expires-negative': having('expires_in', -1),
    'expires-string': having('expires_in', '3600'),
    'expires-word': having('expires_in', 'one hour'),
  },
  'OC-18': {
    '400': refusing(['token'], () => error(400, 'invalid_grant')),
    '401': refusing(['token'], () => error(401, 'invalid_client')),
    '401-challenge': refusing(['token'], () => ({
      ...error(401, 'invalid_client'),
      headers: [
        ['content-type', 'application/json'],
        ['www-authenticate', 'Basic realm="provider", error="invalid_client"'],
      ],
    })),
    '400-empty': refusing(['token'], () => text('', 'text/plain', 400)),
    '401-empty': refusing(['token'], () => text('', 'text/plain', 401)),
    'error-number': refusing(['token'], () => json({ error: 42 }, 400)),
    '500': refusing(['token'], () => html('<p>oops</p>', 500)),
    '503': refusing(['token'], () => withRetryAfter(html('<p>later</p>', 503))),
    '429': refusing(['token'], () => withRetryAfter(json({ error: 'slow_down' }, 429))),
  },
  'RF-02': { without: { policy: { keepRefreshToken: true } }, with: {} },
  'RF-03': single({
    answer: {
      token: (answer, { exchange, memory }) => {
        if (!exchange || param(exchange, 'grant_type') !== 'refresh_token' || memory.has('died'))
          return;
        memory.set('died', true);
        answer.body = { kind: 'reset' };
      },
    },
  }),
  'RF-04': single({
    before: {
      token: (exchange, { op }) => {
        if (param(exchange, 'grant_type') !== 'refresh_token') return;
        const token = op.store.refreshTokens.get(param(exchange, 'refresh_token') ?? '');
        if (token) token.grant.revoked = true;
      },
    },
  }),
  'RF-06': {
    smaller: refreshedScope((scope) => scope.split(' ')[0] ?? ''),
    larger: refreshedScope((scope) => `${scope} admin`),
  },
  'BB-13': {
    cors: {
      answer: {
        token: (answer) => {
          answer.headers = answer.headers.filter(([name]) => !name.startsWith('access-control-'));
        },
      },
    },
    network: {
      answer: {
        token: (answer) => {
          answer.body = { kind: 'reset' };
        },
      },
    },
  },
};

function invertCase(character: string): string {
  const lower = character.toLowerCase();
  return character === lower ? character.toUpperCase() : lower;
}

function without(...members: string[]): Fault {
  return {
    tokenResponse: (body) => {
      for (const name of members) delete body[name];
    },
  };
}

function having(member: string, value: unknown): Fault {
  return {
    tokenResponse: (body) => {
      body[member] = value;
    },
  };
}

/** Only where the request had succeeded: an honest error stays what it is. */
function replaced(make: () => Answer): Fault {
  return {
    answer: {
      token: (answer) => {
        if (answer.status === 200) replace(answer, make());
      },
    },
  };
}

function refreshedScope(change: (scope: string) => string): Fault {
  return {
    tokenResponse: (body, { stage }) => {
      if (stage === 'refresh') body['scope'] = change(String(body['scope']));
    },
  };
}

function error(status: number, code: string): Answer {
  return json({ error: code, error_description: 'as told' }, status);
}

function withRetryAfter(answer: Answer): Answer {
  return { ...answer, headers: [...answer.headers, ['retry-after', '7']] };
}
