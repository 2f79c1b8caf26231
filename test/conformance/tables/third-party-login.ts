import { expect } from 'vitest';
import {
  createAuthorizationRequest,
  handleAuthorizationResponse,
  readThirdPartyLogin,
} from '../../../src/index.ts';
import { hostileCallback, hostileClient } from '../../support/relying-party.ts';
import { approved, doing } from '../kit/acts.ts';
import { accepts, invalid, refuses, type Table } from '../kit/case.ts';
import { verified } from '../kit/flows.ts';
import { initiatedClient } from '../kit/providers.ts';

const login = (name: string) => invalid(`login_initiation.${name}`);
const origin = 'https://rp.example';
const client = () => ({ clientId: initiatedClient.client_id });

/** Where the browser is sent, with parameters changed. */
type Change = (parameters: URLSearchParams) => void;
type Carrier = (url: URL) => URL | Request | URLSearchParams;

const asUrl: Carrier = (url) => url;
const asForm: Carrier = (url) =>
  new Request(url.origin + url.pathname, { method: 'POST', body: url.searchParams });
const asRequest: Carrier = (url) => new Request(url);

const initiated = (name: string, change: Change, carry: Carrier = asUrl) =>
  doing(name, { client }, async (made, op) => {
    const url = op.initiateLoginUrl(initiatedClient.client_id);
    change(url.searchParams);
    const read = await readThirdPartyLogin(
      [hostileClient(op, { clientId: 'another', issuer: 'https://other.example' }), made],
      carry(url),
      { origin },
    );
    expect(read.client).toBe(made);
    const { transaction, url: authorization } = await createAuthorizationRequest(read.client, {
      redirectUri: hostileCallback,
      loginHint: read.loginHint,
      appState: read.targetLinkUri,
    });
    const { tokens, appState } = await handleAuthorizationResponse(
      read.client,
      transaction,
      await approved(op, authorization),
    );
    return { tokens, appState, hint: authorization.searchParams.get('login_hint') };
  });

const full: Change = (parameters) => {
  parameters.set('login_hint', 'ada@example.com');
  parameters.set('target_link_uri', `${origin}/orders?id=1`);
};
const off: [string, string][] = [
  ['another site', 'https://evil.example/'],
  ['no scheme', '//evil.example/'],
  ['backslashes', `\\\\evil.example/`],
  ['slash and backslash', '/\\evil.example/'],
  ['script', 'javascript:alert(1)'],
  ['data', 'data:text/html,<script>'],
  ['user part', 'https://rp.example@evil.example/'],
  ['longer host', 'https://rp.example.evil.example/'],
  ['another scheme', 'http://rp.example/orders'],
  ['another port', 'https://rp.example:8443/orders'],
  ['a tab', 'https://rp.exa\tmple/orders'],
  ['a line break', 'https://rp.example/\r\nset-cookie:a=b'],
  ['a leading space', ' https://rp.example/'],
  ['a backslash within', 'https://rp.example\\@evil.example/'],
  ['capitals', 'HTTPS://EVIL.EXAMPLE/'],
];

/** Sections 3.13 and 5.4: sign-ins that somebody else starts. */
export const thirdPartyLogin: Table = [
  accepts(
    'TP-01',
    initiated('login by URL', () => {}),
    verified,
    ({ tokens, hint }, op) => {
      expect(tokens.claims?.sub).toBe(op.subject);
      expect(hint).toBeNull();
    },
  ),
  ...(
    [
      ['URL', asUrl],
      ['request', asRequest],
      ['form', asForm],
    ] as [string, Carrier][]
  ).map(([name, carry]) =>
    accepts('TP-01', initiated(`login by ${name}, all given`, full, carry), verified, (result) => {
      expect(result.hint).toBe('ada@example.com');
      expect(result.appState).toBe(`${origin}/orders?id=1`);
    }),
  ),
  ...off.map(([name, uri]) =>
    refuses(
      'OR-02',
      initiated(`target with ${name}`, (parameters) => parameters.set('target_link_uri', uri)),
      login('target_link_uri'),
      [],
    ),
  ),
  ...(
    [
      ['no issuer', (p) => p.delete('iss')],
      ['an empty issuer', (p) => p.set('iss', '')],
      ["an attacker's issuer", (p) => p.set('iss', 'https://evil.example')],
      ['an internal address', (p) => p.set('iss', 'http://169.254.169.254/latest')],
      ['an issuer without its slash', (p) => p.set('iss', (p.get('iss') ?? '').slice(0, -1))],
      ['an issuer in capitals', (p) => p.set('iss', (p.get('iss') ?? '').toUpperCase())],
      ['a longer issuer', (p) => p.set('iss', `${p.get('iss')}1`)],
    ] as [string, Change][]
  ).map(([name, change]) => refuses('OR-03', initiated(name, change), login('iss'), [])),
  refuses(
    'OR-03',
    initiated('the issuer twice', (p) => p.append('iss', 'https://evil.example')),
    login('duplicate'),
    [],
  ),
  ...(
    [
      ['a line break', 'ada\r\nx: y'],
      ['a null character', 'ada\u0000'],
      ['five thousand characters', 'a'.repeat(5_000)],
    ] as [string, string][]
  ).map(([name, hint]) =>
    refuses(
      'OR-03',
      initiated(`a hint of ${name}`, (p) => p.set('login_hint', hint)),
      login('login_hint'),
      [],
    ),
  ),
];
