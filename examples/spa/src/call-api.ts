import type { BrowserSession } from 'relier/browser';

/** What the API has to say. */
export async function callApi(
  session: BrowserSession,
  url: string,
  signal: AbortSignal,
): Promise<string> {
  const response = await session.fetch(url, { signal });
  if (!response.ok) throw new Error(`The API answered ${response.status}.`);
  const { message } = (await response.json()) as { message: string };
  return message;
}
