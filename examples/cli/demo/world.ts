import { delimiter, join } from 'node:path';
import { type Services, startServices } from '../../demo/services.ts';

/** A provider and an API on free ports of this machine, and the environment for `cli`. */
export interface World {
  readonly services: Services;
  readonly env: NodeJS.ProcessEnv;
}

export async function startWorld(): Promise<World> {
  const services = await startServices({});
  const bin = join(import.meta.dirname, '..', 'bin');
  return {
    services,
    env: {
      ...process.env,
      CLI_ISSUER: services.issuer,
      CLI_API: services.apiUrl,
      PATH: [bin, process.env['PATH']].join(delimiter),
    },
  };
}
