import type { Provider } from 'oidc-provider';

const names = [
  'access_token',
  'code',
  'code_verifier',
  'id_token',
  'refresh_token',
  'state',
] as const;

/** What a provider has sent or been sent, and nobody else may have. */
export interface Secret {
  readonly name: (typeof names)[number];
  readonly value: string;
}

export function tellSecrets(provider: Provider, learn: (secret: Secret) => void): void {
  const search = (parameters: Record<string, unknown>) => {
    for (const name of names) {
      const value = parameters[name];
      if (typeof value === 'string') learn({ name, value });
    }
  };
  provider.on('authorization.success', (_context, answer) => search(answer));
  provider.on('grant.success', ({ oidc, body }) => {
    search({ ...oidc.params });
    search(body as Record<string, unknown>);
  });
}
