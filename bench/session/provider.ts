/** A token endpoint in this process, so that only the clients' own work is measured. */
export interface TokenEndpoint {
  readonly issuer: string;
  readonly fetch: typeof fetch;
  /** How many token requests there have been. */
  readonly requests: () => number;
}

export function tokenEndpoint(expiresIn = 3_600): TokenEndpoint {
  let requests = 0;
  return {
    issuer: 'https://login.example.com',
    requests: () => requests,
    async fetch() {
      requests += 1;
      // A turn of the event loop: every caller of this turn has asked by then.
      await new Promise((resolve) => setImmediate(resolve));
      return Response.json({
        access_token: `access-${requests}`,
        refresh_token: `refresh-${requests}`,
        token_type: 'Bearer',
        expires_in: expiresIn,
      });
    },
  };
}
