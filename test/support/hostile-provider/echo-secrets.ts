import { setHeader } from './answers.ts';
import type { Answer, Exchange, Json } from './types.ts';

const secretParams = new Set([
  'client_secret',
  'client_assertion',
  'password',
  'code',
  'code_verifier',
  'refresh_token',
  'access_token',
  'assertion',
  'subject_token',
  'actor_token',
  'token',
  'device_code',
  'auth_req_id',
  'id_token_hint',
  'login_hint_token',
  'user_code',
  'logout_token',
  'sessionToken',
  'request',
]);

/** Everything the request carried that must never show up in an error, a log or a trace. */
export function secretsOf(exchange: Pick<Exchange, 'params' | 'headers'>): string[] {
  const raw = exchange.params.filter(([name]) => secretParams.has(name)).map(([, value]) => value);
  const { authorization, dpop } = exchange.headers;
  if (typeof dpop === 'string') raw.push(dpop);
  if (authorization !== undefined) {
    const credentials = authorization.slice(authorization.indexOf(' ') + 1);
    raw.push(authorization, credentials);
    if (/^basic /i.test(authorization)) raw.push(...basicSecrets(credentials));
  }
  const all = raw.flatMap((value) => [
    value,
    encodeURIComponent(value),
    new URLSearchParams([['', value]]).toString().slice(1),
  ]);
  return [...new Set(all)].filter((value) => value !== '');
}

/** A malicious server's error answer: it tells the client's secrets back. */
export function echoSecrets(answer: Answer, exchange: Exchange): void {
  if (answer.status < 400 || typeof answer.body !== 'string') return;
  const secrets = secretsOf(exchange).join(' ');
  if (secrets === '') return;
  answer.headers = answer.headers.map(([name, value]) =>
    name === 'www-authenticate' ? [name, withDescription(value, secrets)] : [name, value],
  );
  let body: Json;
  try {
    body = JSON.parse(answer.body) as Json;
  } catch {
    return;
  }
  if (typeof body['error'] !== 'string') return;
  answer.body = JSON.stringify({ ...body, error_description: `you sent ${secrets}` });
  setHeader(answer, 'content-type', 'application/json');
}

function basicSecrets(credentials: string): string[] {
  const decoded = Buffer.from(credentials, 'base64').toString('utf8');
  const secret = decoded.slice(decoded.indexOf(':') + 1);
  try {
    return [decoded, secret, decodeURIComponent(secret.replaceAll('+', ' '))];
  } catch {
    return [decoded, secret];
  }
}

function withDescription(challenge: string, secrets: string): string {
  const quoted = secrets.replaceAll(/["\\]/g, '\\$&').replaceAll(/[^\x20-\x7e]/g, '?');
  return challenge.includes('error=')
    ? `${challenge.replace(/, error_description="[^"]*"/, '')}, error_description="you sent ${quoted}"`
    : challenge;
}
