import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { listen } from './listen.ts';
import { maySeePayroll, payroll, payrollChallenge } from './payroll.ts';

export interface Api {
  /** Where the API answers, and the audience that its tokens must name. */
  readonly url: string;
  close(): Promise<void>;
}

/** What the API does with every token; the demo prints it. */
export const apiChecks = 'signature, type, issuer, audience, expiry, scope';

/** A small API that answers only to access tokens which were made for it by this provider. */
export async function startApi(options: {
  issuer: string;
  pageOrigin?: string | undefined;
}): Promise<Api> {
  const server = await listen('127.0.0.1');
  const url = `${server.origin}/reports`;
  const keys = createRemoteJWKSet(new URL(`${options.issuer}/jwks`));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('access-control-allow-origin', options.pageOrigin ?? 'null');
    response.setHeader('access-control-expose-headers', 'www-authenticate');
    response.setHeader('vary', 'origin');
    if (request.method === 'OPTIONS') {
      response.setHeader('access-control-allow-headers', 'authorization');
      response.writeHead(204).end();
      return;
    }
    const { pathname } = new URL(request.url ?? '/', server.origin);
    if (request.method !== 'GET' || !['/reports', '/reports/payroll'].includes(pathname)) {
      return json(response, 404, { error: 'not_found' });
    }
    const [scheme, token] = request.headers.authorization?.split(' ') ?? [];
    if (scheme !== 'Bearer' || !token) {
      response.setHeader('www-authenticate', 'Bearer');
      return json(response, 401, { error: 'no_token' });
    }
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: options.issuer,
        audience: url,
        algorithms: ['RS256'],
        typ: 'at+jwt',
        requiredClaims: ['exp', 'sub', 'client_id'],
      });
      if (!String(payload['scope']).split(' ').includes('reports:read')) {
        response.setHeader('www-authenticate', 'Bearer error="insufficient_scope"');
        return json(response, 403, { error: 'insufficient_scope' });
      }
      if (pathname === '/reports/payroll') {
        if (maySeePayroll(payload)) return json(response, 200, { message: payroll });
        response.setHeader('www-authenticate', payrollChallenge);
        return json(response, 401, { error: 'insufficient_user_authentication' });
      }
      json(response, 200, {
        message: `Good day, ${payload.sub}. Three reports are waiting.`,
        client: payload['client_id'],
      });
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
      response.setHeader('www-authenticate', 'Bearer error="invalid_token"');
      json(response, 401, { error: 'invalid_token', reason: error.code });
    }
  }

  server.serve((request, response) => {
    answer(request, response).catch(() => json(response, 500, { error: 'server_error' }));
  });
  return { url, close: server.close };
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
