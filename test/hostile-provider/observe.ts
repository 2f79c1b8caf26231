import { generateKeyPairSync } from 'node:crypto';
import type { ClientRegistration, HostileProvider } from '../support/hostile-provider/index.ts';
import { describeJwt, normalise } from './describe-jwt.ts';
import { dpopProof, proofThumbprint } from './dpop-proof.ts';
import { callback, pkce } from './honest-client.ts';
import { allParts, type Part } from './parts.ts';
import { note, type Observation, type Probe, type Seen, send } from './probe.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });

export const observer: ClientRegistration = {
  client_id: 'observer',
  client_secret: 'a secret that is long enough for an HMAC',
  token_endpoint_auth_method: 'client_secret_post',
  redirect_uris: [callback],
  post_logout_redirect_uris: ['https://rp.example/signed-out'],
  jwks: {
    keys: [
      { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'enc-rsa', use: 'enc' },
      { ...ec.publicKey.export({ format: 'jwk' }), kid: 'enc-ec', use: 'enc' },
    ],
  },
};

/** Goes once through everything the provider offers, with well-formed requests, and takes notes. */
export async function observe(
  op: HostileProvider,
  options: { patience?: number; parts?: ReadonlySet<Part> } = {},
): Promise<Observation> {
  const endpoint = String((await op.metadata())['token_endpoint']);
  const probe: Probe = {
    op,
    seen: new Map(),
    context: {
      op,
      keys: [],
      secret: observer.client_secret ?? '',
      decryptionKeys: [rsa.privateKey, ec.privateKey],
    },
    patience: options.patience ?? 3000,
    suffix: endpoint.endsWith('-moved') ? '-moved' : '',
  };
  const parts = options.parts ?? allParts;
  await readMetadata(probe);
  if (parts.has('front')) await readFrontChannel(probe);
  if (parts.has('login')) await readTokens(probe, parts.has('protected'));
  if (parts.has('jarm')) await readJarm(probe);
  if (parts.has('par')) await readPushed(probe);
  if (parts.has('proofs')) await readProofs(probe);
  if (!parts.has('logout')) return probe.seen;
  const token = await op.logoutToken({ clientId: 'observer', sid: 'the-session' });
  await describeJwt(probe.seen, 'logout', token, probe.context);
  return probe.seen;
}

async function readMetadata(probe: Probe): Promise<void> {
  const { op, seen, context } = probe;
  const answer = await send(probe, `${op.issuer}.well-known/openid-configuration`);
  const repeated = answer.text.startsWith('{"token_endpoint":') ? 'token_endpoint' : 'none';
  note(probe, 'metadata', answer);
  seen.set('metadata.repeated', repeated);
  const url = String(answer.body['jwks_uri'] ?? '');
  if (url.startsWith(`${op.issuer}jwks-`)) seen.set('metadata.jwks_uri', 'random');
  const jwks = await send(probe, url.startsWith(op.issuer) ? url : `${op.issuer}jwks`);
  const keys = jwks.body['keys'];
  if (!Array.isArray(keys)) {
    note(probe, 'jwks', jwks);
    return;
  }
  context.keys = keys;
  const kids = context.keys.map((key, index) => key['kid'] ?? index);
  seen.set('jwks.count', String(keys.length));
  seen.set('jwks.without-kid', String(kids.filter((kid) => typeof kid === 'number').length));
  seen.set('jwks.repeated-kid', String(kids.length - new Set(kids).size));
  seen.set('jwks.alg', [...new Set(context.keys.map((key) => key['alg'] ?? '-'))].sort().join());
  const moduli = context.keys.map((key) => String(key['n'] ?? '').length).filter(Boolean);
  seen.set('jwks.smallest-rsa', `${Math.floor((Math.min(...moduli) * 6) / 1024) * 1024} bits`);
  seen.set('jwks.private', String(context.keys.some((key) => 'd' in key)));
  seen.set('jwks.key_ops', String(context.keys.find((key) => key['key_ops'])?.['key_ops']));
}

async function readFrontChannel(probe: Probe): Promise<void> {
  const params = await authorize(probe, 'hybrid', { response_type: 'code id_token token' });
  const idToken = params.get('id_token');
  if (!idToken) return;
  const hashed = { at_hash: params.get('access_token') ?? '', c_hash: params.get('code') ?? '' };
  await describeJwt(probe.seen, 'front', idToken, { ...probe.context, hashed });
}

async function readTokens(probe: Probe, everything: boolean): Promise<void> {
  const { seen, context } = probe;
  const params = await authorize(probe, 'redirect', {});
  const code = params.get('code');
  if (code === null) return;
  const redeem = { grant_type: 'authorization_code', code, redirect_uri: callback };
  const tokens = await post(probe, 'token', { ...redeem, code_verifier: params.verifier });
  note(probe, 'token', tokens);
  const { access_token, refresh_token, id_token } = tokens.body;
  if (typeof id_token === 'string') {
    const hashed = { at_hash: String(access_token) };
    await describeJwt(seen, 'back', id_token, { ...context, hashed });
  }
  if (typeof access_token === 'string' && everything) {
    await readProtected(probe, access_token);
  }
  if (typeof refresh_token === 'string') {
    const refreshed = await post(probe, 'token', { grant_type: 'refresh_token', refresh_token });
    note(probe, 'refresh', refreshed);
    const again = refreshed.body['id_token'];
    const hashed = { at_hash: String(refreshed.body['access_token']) };
    if (typeof again === 'string') await describeJwt(seen, 'again', again, { ...context, hashed });
  }
  if (!everything) return;
  note(probe, 'revocation', await post(probe, 'revoke', { token: String(access_token) }));
  if (typeof id_token !== 'string' || id_token.length > 8000) return;
  const query = new URLSearchParams({
    id_token_hint: id_token,
    post_logout_redirect_uri: 'https://rp.example/signed-out',
    state: 'the-state-of-this-logout',
  });
  note(probe, 'end-session', await send(probe, own(probe, `end-session${probe.suffix}?${query}`)));
}

async function readProtected(probe: Probe, accessToken: string): Promise<void> {
  const { seen, context } = probe;
  const headers = { authorization: `Bearer ${accessToken}` };
  const userinfo = own(probe, `userinfo${probe.suffix}`);
  const info = await send(probe, userinfo, { headers });
  note(probe, 'userinfo', { ...info, body: info.type === 'application/jwt' ? {} : info.body });
  if (info.type === 'application/jwt') await describeJwt(seen, 'userinfo-jwt', info.text, context);
  const body = new URLSearchParams({ access_token: accessToken });
  const posted = await send(probe, userinfo, { method: 'POST', body });
  seen.set('userinfo-post.status', String(posted.status));
  note(probe, 'resource', await send(probe, own(probe, `accounts${probe.suffix}`), { headers }));
  const answer = await post(probe, 'introspect', { token: accessToken });
  const jwt = answer.type === 'application/token-introspection+jwt';
  note(probe, 'introspection', answer);
  if (jwt) await describeJwt(seen, 'introspection-jwt', answer.text, context);
}

async function readJarm(probe: Probe): Promise<void> {
  const params = await authorize(probe, 'protected', { response_mode: 'jwt' });
  const response = params.get('response');
  if (response) await describeJwt(probe.seen, 'jarm', response, probe.context);
}

async function readPushed(probe: Probe): Promise<void> {
  const { seen } = probe;
  const answer = await post(probe, 'par', {
    redirect_uri: callback,
    response_type: 'code',
    scope: 'openid',
    code_challenge: pkce().challenge,
    code_challenge_method: 'S256',
  });
  note(probe, 'par', answer);
  const uri = answer.body['request_uri'];
  if (typeof uri !== 'string') return;
  seen.set('par.reserved', String(/[&=# ]/.test(uri)));
  const query = new URLSearchParams({ client_id: 'observer', request_uri: uri });
  const page = await send(probe, own(probe, `authorize${probe.suffix}?${query}`));
  seen.set('pushed.status', String(page.status));
}

/** Each request up to twice, so that a nonce from the first answer is seen to work or not. */
async function readProofs(probe: Probe): Promise<void> {
  const jkt = await proofThumbprint();
  const params = await authorize(probe, 'bound', { dpop_jkt: jkt });
  const code = params.get('code');
  if (code === null) return;
  const redeem = { grant_type: 'authorization_code', code, redirect_uri: callback };
  const form = { ...redeem, code_verifier: params.verifier };
  const token = await twice(probe, 'proof-token', 'token', 'POST', undefined, undefined, (proof) =>
    post(probe, 'token', form, { dpop: proof }),
  );
  const accessToken = token.body['access_token'];
  if (typeof accessToken !== 'string') return;
  const nonce = token.headers.get('dpop-nonce') ?? undefined;
  await twice(probe, 'proof-resource', 'accounts', 'GET', nonce, accessToken, (proof) => {
    const headers = { dpop: proof, authorization: `DPoP ${accessToken}` };
    return send(probe, own(probe, `accounts${probe.suffix}`), { headers });
  });
}

async function twice(
  probe: Probe,
  name: string,
  path: string,
  method: string,
  firstNonce: string | undefined,
  accessToken: string | undefined,
  request: (proof: string) => Promise<Seen>,
): Promise<Seen> {
  const url = own(probe, path + probe.suffix);
  // A list or an odd nonce is never sent on; a client would have stopped here.
  const usable = (nonce: string | undefined) => (nonce?.length === 90 ? nonce : undefined);
  const first = await request(await dpopProof(url, method, usable(firstNonce), accessToken));
  note(probe, name, first);
  const nonce = usable(first.headers.get('dpop-nonce') ?? undefined);
  if (first.status === 200 || nonce === undefined) return first;
  const second = await request(await dpopProof(url, method, nonce, accessToken));
  note(probe, `${name}-retried`, second);
  return second;
}

async function authorize(
  probe: Probe,
  name: string,
  extra: Record<string, string>,
): Promise<URLSearchParams & { verifier: string }> {
  const { op, seen } = probe;
  const { verifier, challenge } = pkce();
  const query = new URLSearchParams({
    client_id: 'observer',
    redirect_uri: callback,
    response_type: 'code',
    scope: 'openid profile address',
    state: 'the-state-of-this-login',
    nonce: 'the-nonce-of-this-login',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    acr_values: 'urn:some:acr',
    max_age: '60',
    ...extra,
  });
  const answer = await send(probe, own(probe, `authorize${probe.suffix}?${query}`));
  const location = answer.headers.get('location');
  const text = location === null ? '' : location.slice(location.search(/[?#]/) + 1);
  const params = Object.assign(new URLSearchParams(text), { verifier });
  const way =
    location === null ? `${answer.status} ${answer.type}` : location.charAt(callback.length);
  seen.set(`${name}.way`, way);
  for (const key of new Set(params.keys())) {
    const values = params.getAll(key).map((value) => normalise(op, value));
    const random = key === 'session_state' || key === 'error_description';
    seen.set(`${name}.${key}`, random ? 'present' : values.join(' and '));
  }
  return params;
}

function post(
  probe: Probe,
  path: string,
  params: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Seen> {
  const credentials = { client_id: 'observer', client_secret: observer.client_secret ?? '' };
  const body = new URLSearchParams({ ...credentials, ...params });
  return send(probe, own(probe, path + probe.suffix), { method: 'POST', body, headers });
}

function own(probe: Probe, path: string): string {
  return `${probe.op.issuer}${path}`;
}
