import { parseJsonObject } from '../json.ts';
import { notJson, statusError } from '../server-errors.ts';
import type { Transport } from '../transport.ts';

/** A JSON document that a server publishes. */
export async function fetchDocument(
  transport: Transport,
  address: string,
): Promise<{ document: Record<string, unknown>; contentType: string }> {
  const phase = 'discovery';
  const accept = 'application/json';
  const { response, text, url } = await transport(address, { headers: { accept } }, { phase });
  if (response.status !== 200) throw statusError(response.status, { phase, url });
  const document = parseJsonObject(text);
  if (!document) throw notJson({ phase, url });
  return { document, contentType: response.headers.get('content-type') ?? '' };
}
