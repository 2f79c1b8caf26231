import type { EndpointAnswer } from '../client/call-endpoint.ts';
import { serverOf } from '../client/call-endpoint.ts';
import { coreClient } from '../client/core-client.ts';
import { type Client, type ClientContext, contextOf } from '../client/create-client.ts';
import {
  prepareRefresh,
  type Refreshable,
  readRefresh,
  sendRefresh,
} from '../flows/refresh-token.ts';
import { revokeToken } from '../tokens/revoke-token.ts';
import type { RawAnswer, TokenSource } from './token-source.ts';

/** What of an answer is worth keeping until it is checked. */
const KEPT = ['access_token', 'token_type', 'expires_in', 'refresh_token', 'scope', 'id_token'];

/** Gets tokens by refresh token from the client's server. */
export function clientTokenSource(client: Client): TokenSource {
  const context = contextOf(client);
  /** What was sent, and must not come back to light. */
  let spent: string | undefined;
  return {
    timeoutMs: context.timeoutMs,
    prepare: (grant) => prepareRefresh(context, grant as Refreshable),
    async refresh(grant, target, beforeSend) {
      spent = grant.refreshToken;
      const answer = await sendRefresh(context, grant as Refreshable, target, { beforeSend });
      const members = Object.entries(answer.body ?? {}).filter(([name]) => KEPT.includes(name));
      return { body: Object.fromEntries(members), sentAt: answer.sentAt };
    },
    async verify(grant, target, raw) {
      const answer = await received(context, raw, spent);
      return readRefresh(context, answer, grant as Refreshable, target);
    },
    revoke: (refreshToken) => revokeToken(client, refreshToken, { tokenTypeHint: 'refresh_token' }),
  };
}

/** The answer as if it had just arrived. */
async function received(
  context: ClientContext,
  { body, sentAt }: RawAnswer,
  spent: string | undefined,
): Promise<EndpointAnswer> {
  const server = await serverOf(context, undefined);
  const text = JSON.stringify(body);
  const headers = { 'content-type': 'application/json' };
  const secrets = [spent, body['access_token'], body['refresh_token'], body['id_token']];
  const url = `${server.token_endpoint}`;
  return {
    response: new Response(text, { headers }),
    ...{ body, sentAt, server, text, url },
    client: coreClient(context, server),
    context: {
      phase: 'token',
      secrets: secrets.filter((secret) => typeof secret === 'string'),
      status: 200,
      url,
    },
  };
}
