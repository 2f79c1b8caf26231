import { notFound } from './errors.ts';
import type { App, Call } from './types.ts';

/** The application that the path names. */
export function findApp(call: Call): App {
  const id = call.params['appId'] ?? '';
  const app = call.org.apps.get(id);
  if (!app) throw notFound(id, 'AppInstance');
  return app;
}

export function credentialsPath(app: App, kind: 'secrets' | 'jwks'): string {
  return `/api/v1/apps/${app.id}/credentials/${kind}`;
}
