import type { TokenSet } from 'relier';

/** Calls the demo's API with an access token and returns what it says. */
export async function callApi(
  url: string,
  tokens: TokenSet,
  fetch: typeof globalThis.fetch = globalThis.fetch,
): Promise<string> {
  const response = await fetch(url, {
    headers: { authorization: `${tokens.tokenType} ${tokens.accessToken}` },
  });
  if (!response.ok) throw new Error(`The API answered ${response.status}.`);
  const { message } = (await response.json()) as { message: string };
  return message;
}
