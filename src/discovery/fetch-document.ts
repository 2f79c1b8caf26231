import type { Clock } from '../clock.ts';
import { parseJsonObject } from '../json.ts';
import { httpFacts, notJson, statusError } from '../server-errors.ts';
import type { Transport } from '../transport.ts';

/** A JSON document that a server publishes. */
export async function fetchDocument(
  transport: Transport,
  address: string,
  clock: Clock,
): Promise<{ document: Record<string, unknown>; contentType: string }> {
  const phase = 'discovery';
  const accept = 'application/json';
  const { response, text, url } = await transport(address, { headers: { accept } }, { phase });
  const context = { phase, url, ...httpFacts(response, clock) } as const;
  if (response.status !== 200) throw statusError(context);
  const document = parseJsonObject(text);
  if (!document) throw notJson(context);
  return { document, contentType: response.headers.get('content-type') ?? '' };
}
