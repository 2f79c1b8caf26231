import type { RequestListener } from 'node:http';
import { type ApiSettings, accessTokens, metadataPath, resourceMetadata } from './access.ts';

/** What each route needs. */
const routes: Record<string, { scopes: string[]; maxAge?: number }> = {
  'GET /reports': { scopes: ['reports:read'] },
  'POST /reports': { scopes: ['reports:write'] },
  // Only for somebody who has signed in within the last five minutes (RFC 9470).
  'GET /reports/payroll': { scopes: ['reports:read'], maxAge: 300 },
};

/** The API on node:http alone. */
export function nodeApi(settings: ApiSettings): RequestListener {
  const tokens = accessTokens(settings);

  return async (request, response) => {
    const path = request.url?.replace(/\?.*/, '');
    if (path === metadataPath) return json(resourceMetadata(settings));
    const route = routes[`${request.method} ${path}`];
    if (!route) return json({ error: 'not_found' }, 404);

    const access = await tokens.validate(request, {
      requireScopes: route.scopes,
      maxAge: route.maxAge,
    });
    if (!access.ok) {
      console.log(`  node:http  ${request.method} ${path}: ${access.error.message}`);
      return access.send(response);
    }
    const { clientId, subject } = access.token;
    return json({ reports: 3, of: subject, for: clientId });

    function json(body: unknown, status = 200): void {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    }
  };
}
