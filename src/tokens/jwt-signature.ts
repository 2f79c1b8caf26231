import { validateApplicationLevelSignature } from 'oauth4webapi';
import { abortable } from '../abortable.ts';
import { checksOf, type Subject } from '../checks.ts';
import type { EndpointAnswer } from '../client/call-endpoint.ts';
import type { ClientContext } from '../client/create-client.ts';
import { withServerKeys } from '../client/server-keys-of.ts';
import { mapped } from '../protocol-errors.ts';

/** Verifies the signature of the JWT that the protocol core found in an answer. */
export async function verifySignature(
  context: ClientContext,
  subject: Subject,
  { context: told, response }: Pick<EndpointAnswer, 'context' | 'response'>,
  signal: AbortSignal | undefined,
): Promise<void> {
  await abortable(
    () =>
      mapped(subject, told, () =>
        withServerKeys(context, ({ server, http }) =>
          validateApplicationLevelSignature(server, response, http),
        ),
      ),
    signal,
    'validation',
  );
  checksOf(subject, context.trace)('signature', true);
}
