/** What the service is told by its environment. */
export interface Settings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The API that it calls, and the resource of its tokens. */
  readonly apiUrl: string;
  /** Where to listen; 0 for any free port. */
  readonly port: number;
  /** Shares tokens with the other processes of the fleet. */
  readonly redis?: { readonly url: string; readonly encryptionKey: Uint8Array } | undefined;
}

export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const need = (name: string): string => {
    const value = env[name];
    if (!value) throw new Error(`${name} has to be set.`);
    return value;
  };
  const redisUrl = env['REDIS_URL'];
  return {
    issuer: need('ISSUER'),
    clientId: need('CLIENT_ID'),
    clientSecret: need('CLIENT_SECRET'),
    apiUrl: need('API_URL'),
    port: Number(env['PORT'] ?? 0),
    redis: redisUrl
      ? { url: redisUrl, encryptionKey: Buffer.from(need('TOKEN_KEY'), 'base64') }
      : undefined,
  };
}
