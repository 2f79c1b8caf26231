import {
  allowInsecureRequests,
  KEY_SELECTION,
  validateApplicationLevelSignature,
} from 'oauth4webapi';
import { abortable } from '../abortable.ts';
import { checksOf, type Subject } from '../checks.ts';
import type { EndpointAnswer } from '../client/call-endpoint.ts';
import type { ClientContext } from '../client/create-client.ts';
import { serverKeysOf } from '../client/server-keys-of.ts';
import { mapped } from '../protocol-errors.ts';

/** Verifies the signature of the JWT that the protocol core found in an answer. */
export function verifySignature(
  context: ClientContext,
  subject: Subject,
  answer: EndpointAnswer,
  signal: AbortSignal | undefined,
): Promise<void> {
  const keys = serverKeysOf(context);
  const verify = async () => {
    for (let set = await keys.current(); ; ) {
      try {
        await validateApplicationLevelSignature(set.server, answer.response, {
          [allowInsecureRequests]: context.allowLoopback,
          ...set.http,
        });
        return;
      } catch (error) {
        const newer = Object(error).code === KEY_SELECTION && (await keys.newerThan(set));
        if (!newer) throw error;
        set = newer;
      }
    }
  };
  return abortable(
    async () => {
      await mapped(subject, answer.context, verify);
      checksOf(subject, context.trace)('signature', true);
    },
    signal,
    'validation',
  );
}
