import { html, json, parsedBody } from '../answers.ts';
import type { Fault, FaultTable } from '../faults.ts';
import { endpointUrl } from '../metadata.ts';
import type { Answer, Json } from '../types.ts';
import { refusing, single } from './shared.ts';

/** Section 5.9: pushed authorization requests. */
export const pushedFaults: FaultTable = {
  'PA-01': single({
    policy: { requirePushed: true },
    metadata: (metadata, { op }) => {
      metadata['require_pushed_authorization_requests'] = true;
      metadata['pushed_authorization_request_endpoint'] = endpointUrl(op, 'par');
    },
  }),
  'PA-02': {
    '200': {
      answer: {
        par: (answer) => {
          if (answer.status === 201) answer.status = 200;
        },
      },
    },
    'no-request-uri': pushed((body) => {
      delete body['request_uri'];
    }),
    'request-uri-number': pushed((body) => {
      body['request_uri'] = 42;
    }),
    'expires-zero': pushed((body) => {
      body['expires_in'] = 0;
    }),
    'expires-negative': pushed((body) => {
      body['expires_in'] = -1;
    }),
    'expires-missing': pushed((body) => {
      delete body['expires_in'];
    }),
  },
  'PA-03': {
    '400': refusing(['par'], () => json({ error: 'invalid_request' }, 400)),
    '401': refusing(['par'], () => json({ error: 'invalid_client' }, 401)),
    '413': refusing(['par'], () => html('<p>too large</p>', 413)),
    '429': refusing(['par'], () => withRetryAfter(json({ error: 'slow_down' }, 429))),
  },
  'PA-04': single({ policy: { requestUriLifetime: 0 } }),
  'PA-05': single({}),
};

function pushed(change: (body: Json) => void): Fault {
  return {
    answer: {
      par: (answer) => {
        if (answer.status !== 201) return;
        const body = parsedBody(answer);
        change(body);
        answer.body = JSON.stringify(body);
      },
    },
  };
}

function withRetryAfter(answer: Answer): Answer {
  return { ...answer, headers: [...answer.headers, ['retry-after', '7']] };
}
