import { type ClientJwks, clientJwks } from './client-jwks.ts';
import { type ClientSecrets, clientSecrets } from './client-secrets.ts';
import type { Requests } from './request.ts';

/** Credentials of applications; `/api/v1/apps`. */
export interface Applications {
  /** Client secrets. */
  readonly secrets: ClientSecrets;
  /** Public keys. */
  readonly jwks: ClientJwks;
}

export function applications(requests: Requests): Applications {
  return { secrets: clientSecrets(requests), jwks: clientJwks(requests) };
}
