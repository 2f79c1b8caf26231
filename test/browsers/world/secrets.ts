import type { Provider } from 'oidc-provider';

/** Tells everything secret that a provider has been sent, or has sent: nobody else may have it. */
export function tellSecrets(provider: Provider, learn: (secret: string) => void): void {
  const all = (values: readonly unknown[]) => {
    for (const value of values) if (typeof value === 'string') learn(value);
  };
  provider.on('authorization.success', (_context, { code, state, access_token, id_token }) => {
    all([code, state, access_token, id_token]);
  });
  provider.on('grant.success', ({ oidc, body }) => {
    const { access_token, id_token, refresh_token } = body as Record<string, unknown>;
    all([oidc.params.code_verifier, access_token, id_token, refresh_token]);
  });
}
