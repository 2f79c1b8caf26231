import { failure, json, text } from './answers.ts';
import { applyHook } from './faults.ts';
import { param } from './http.ts';
import { buildMetadata } from './metadata.ts';
import type { Answer, Exchange, Json, Op } from './types.ts';

export async function serveMetadata(op: Op, exchange: Exchange): Promise<Answer> {
  if (exchange.endpoint === 'discovery' && op.options.openid === false) {
    throw failure(404, 'not_found', 'this server speaks no OpenID Connect');
  }
  const holder = { text: JSON.stringify(await buildMetadata(op)) };
  await applyHook(op, 'metadataText', holder);
  return text(holder.text, 'application/json');
}

export async function serveKeys(op: Op): Promise<Answer> {
  const set: { keys: Json[] } = { keys: op.keys.all.map((key) => ({ ...key.jwk })) };
  await applyHook(op, 'jwks', set);
  return json(set);
}

export async function serveWebfinger(op: Op, exchange: Exchange): Promise<Answer> {
  const subject = param(exchange, 'resource');
  if (!subject) throw failure(400, 'invalid_request', 'resource is missing');
  const link = { rel: 'http://openid.net/specs/connect/1.0/issuer', href: op.issuer };
  return text(JSON.stringify({ subject, links: [link] }), 'application/jrd+json');
}
