import type { AuthorizationDraft, Fault, FaultTable } from '../faults.ts';
import type { Op } from '../types.ts';
import { claims, setParam, single } from './shared.ts';

const other = 'https://issuer-b.example/';

const announced: NonNullable<Fault['metadata']> = (metadata) => {
  metadata['authorization_response_iss_parameter_supported'] = true;
};

/** Sections 3.3, 3.9, 5.1, 5.2: what arrives at the redirect URI. */
export const frontChannelFaults: FaultTable = {
  'NS-04': single({
    authorization: ({ params }) => {
      const sent = params.find(([name]) => name === 'state')?.[1] ?? '';
      setParam(params, 'state', `${sent}1`);
    },
  }),
  'NS-05': single({ authorization: ({ params }) => setParam(params, 'state', undefined) }),
  'NS-06': single(announcedIss((op) => `${op.issuer}1`)),
  'NS-07': single(announcedIss(() => undefined)),
  'MX-01': single(announcedIss((_, value) => value ?? other)),
  'MX-02': single({
    metadata: (metadata, { op, value }) => {
      metadata['authorization_endpoint'] = value ?? `${op.elsewhere}/authorize`;
    },
  }),
  'MX-03': {
    success: announcedIss(() => undefined),
    error: { ...announcedIss(() => undefined), denial: deny('access_denied') },
  },
  'MX-04': {
    slash: announcedIss((op) =>
      op.issuer.endsWith('/') ? op.issuer.slice(0, -1) : `${op.issuer}/`,
    ),
    case: announcedIss((op) => op.issuer.replace('http', 'HTTP')),
    port: announcedIss((op) => withSpelledPort(op.issuer)),
    percent: announcedIss((op) => op.issuer.replace('/test/', '/%74est/')),
  },
  'MX-05': {
    twice: {
      metadata: announced,
      authorization: (draft, { op }) => twiceIss(draft, op),
    },
    empty: announcedIss(() => ''),
  },
  'MX-06': { mismatch: unannouncedIss('x'), match: unannouncedIss('') },
  'MX-07': {
    hybrid: announcedIss(() => other),
    jarm: {
      authorization: ({ params, mode }) => {
        if (mode.endsWith('.jwt')) params.push(['outer:iss', other]);
      },
    },
  },
  'CI-02': single({ policy: { ignorePkce: true } }),
  'CI-06': single({ authorization: ({ params }) => setParam(params, 'state', undefined) }),
  'CI-09': {
    'code-and-error': {
      authorization: ({ params }) => {
        params.push(['error', 'access_denied']);
      },
    },
    'code-twice': repeated('code'),
    'state-twice': repeated('state'),
    'iss-twice': {
      authorization: (draft, { op }) => twiceIss(draft, op),
    },
  },
  'CI-10': single({
    authorization: (draft) => {
      const [base, protection] = draft.mode.split('.');
      const changed = base === 'query' ? 'fragment' : 'query';
      draft.mode = protection ? `${changed}.${protection}` : changed;
    },
  }),
  'FP-02': single({ denial: deny('login_required') }),
  'NA-05': single({ denial: deny('access_denied') }),
  'PM-07': {
    'login-required': { denial: deny('login_required') },
    'interaction-required': { denial: deny('interaction_required') },
    'consent-required': { denial: deny('consent_required') },
    'no-answer': {
      authorization: (draft) => {
        draft.mode = 'silence';
      },
    },
  },
  'OR-04': {
    authorization: {
      denial: (error) => {
        error['error'] = 'access_denied';
        error['error_description'] = '<script>alert("x")</script>\u0007\u2028 \\ "quoted"';
        error['error_uri'] = 'javascript:alert(document.cookie)';
      },
    },
    token: {
      answer: {
        token: (answer) => {
          answer.status = 400;
          answer.body = JSON.stringify({
            error: 'invalid_grant',
            error_description: '<script>alert("x")</script>\u0007\u2028 \\ "quoted"',
            error_uri: 'javascript:alert(document.cookie)',
          });
        },
      },
    },
  },
  'OC-20': {
    flow: {
      idToken: (token, { op }) => {
        const payload = claims(token);
        delete payload['nonce'];
        payload['iat'] = op.now() - 120;
        payload['exp'] = op.now() + 180;
      },
    },
    client: {
      idToken: (token) => {
        const payload = claims(token);
        delete payload['nonce'];
        payload['aud'] = 'another-client';
      },
    },
  },
};

function announcedIss(make: (op: Op, value: string | undefined) => string | undefined): Fault {
  return {
    metadata: announced,
    authorization: ({ params, mode }, { op, value }) => {
      if (!mode.endsWith('.jwt')) setParam(params, 'iss', make(op, value));
    },
  };
}

function twiceIss({ params, mode }: AuthorizationDraft, op: Op): void {
  if (mode.endsWith('.jwt')) return;
  setParam(params, 'iss', op.issuer);
  params.push(['iss', op.issuer]);
}

function unannouncedIss(suffix: string): Fault {
  return {
    metadata: (metadata) => {
      delete metadata['authorization_response_iss_parameter_supported'];
    },
    authorization: ({ params, mode }, { op }) => {
      if (!mode.endsWith('.jwt')) setParam(params, 'iss', `${op.issuer}${suffix}`);
    },
  };
}

function repeated(name: string): Fault {
  return {
    authorization: ({ params }) => {
      const value = params.find(([known]) => known === name)?.[1];
      if (value !== undefined) params.push([name, value]);
    },
  };
}

function deny(error: string): NonNullable<Fault['denial']> {
  return (refusal) => {
    refusal['error'] = error;
    refusal['error_description'] = 'as told';
  };
}

/** The same URL with its port written out in another way. */
function withSpelledPort(issuer: string): string {
  const url = new URL(issuer);
  return url.port === ''
    ? issuer.replace(url.host, `${url.host}:${url.protocol === 'https:' ? 443 : 80}`)
    : issuer.replace(`:${url.port}`, `:0${url.port}`);
}
