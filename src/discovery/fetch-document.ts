import { parseJsonObject } from '../json.ts';
import { notJson, statusError } from '../server-errors.ts';
import type { Transport } from '../transport.ts';

const CALL = { phase: 'discovery' } as const;

/** A JSON document that a server publishes. */
export async function fetchDocument(
  transport: Transport,
  url: string,
): Promise<{ document: Record<string, unknown>; contentType: string }> {
  const { response, text } = await transport(
    url,
    { headers: { accept: 'application/json' } },
    CALL,
  );
  if (response.status !== 200) throw statusError(response.status, CALL);
  const document = parseJsonObject(text);
  if (!document) throw notJson(CALL);
  return { document, contentType: response.headers.get('content-type') ?? '' };
}
