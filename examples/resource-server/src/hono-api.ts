import { Hono, type MiddlewareHandler } from 'hono';
import type { AccessRequirements, AccessToken } from 'relier';
import { type ApiSettings, accessTokens, metadataPath, resourceMetadata } from './access.ts';

interface Environment {
  Variables: { token: AccessToken };
}

/** The same API with Hono: what a route needs stands in front of it. */
export function honoApi(settings: ApiSettings): Hono<Environment> {
  const tokens = accessTokens(settings);
  const needs =
    (requirements: AccessRequirements): MiddlewareHandler<Environment> =>
    async (context, next) => {
      const access = await tokens.validate(context.req.raw, requirements);
      if (!access.ok) {
        console.log(
          `  Hono       ${context.req.method} ${context.req.path}: ${access.error.message}`,
        );
        return access.response();
      }
      context.set('token', access.token);
      return next();
    };

  const app = new Hono<Environment>();
  app.get(metadataPath, (context) => context.json(resourceMetadata(settings)));
  app.get('/reports', needs({ requireScopes: ['reports:read'] }), (context) => {
    const { clientId, subject } = context.get('token');
    return context.json({ reports: 3, of: subject, for: clientId });
  });
  app.post('/reports', needs({ requireScopes: ['reports:write'] }), (context) =>
    context.json({ reports: 4 }),
  );
  app.get('/reports/payroll', needs({ requireScopes: ['reports:read'], maxAge: 300 }), (context) =>
    context.json({ payroll: 'is fine' }),
  );
  return app;
}
