import { isRelierError } from 'relier';
import type { App } from '../app.ts';
import { UsageError } from '../settings.ts';
import { type SignInOptions, signIn } from '../sign-in.ts';

/** Calls the API; where it wants a stronger sign-in, asks for that, and calls again. */
export async function api(
  app: App,
  [method, path]: readonly string[],
  options: SignInOptions,
): Promise<boolean> {
  if (!method || !path?.startsWith('/')) throw new UsageError('Such as: api GET /reports');
  const { session, settings, signal } = app;
  await session.restore();
  const call = () => session.fetch(String(new URL(path, settings.apiUrl)), { method, signal });
  let response: Response;
  try {
    response = await call();
  } catch (error) {
    if (!isRelierError(error) || error.code !== 'step_up_required') throw error;
    console.error('The API wants you to confirm that it is you.');
    await signIn(app, { ...options, stepUp: error });
    response = await call();
  }
  if (!response.ok) console.error(`The API answered ${response.status}.`);
  console.log(JSON.stringify(await response.json(), undefined, 2));
  return response.ok;
}
