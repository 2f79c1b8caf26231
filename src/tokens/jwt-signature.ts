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
import type { KeySet } from '../discovery/server-keys.ts';
import { mapped } from '../protocol-errors.ts';

/** Verifies the signature of the JWT that the protocol core found in an answer. */
export function verifySignature(
  context: ClientContext,
  subject: Subject,
  answer: EndpointAnswer,
  signal: AbortSignal | undefined,
): Promise<void> {
  const keys = serverKeysOf(context);
  const verifyWith = ({ server, http }: KeySet) =>
    validateApplicationLevelSignature(server, answer.response, {
      [allowInsecureRequests]: context.allowLoopback,
      ...http,
    });
  const verify = async () => {
    const set = await keys.current();
    try {
      await verifyWith(set);
    } catch (error) {
      const { code, cause } = Object(error);
      // No key, and not several: the server may have begun to use a new one.
      const isUnknown = code === KEY_SELECTION && !cause?.candidates?.length;
      const newer = isUnknown && (await keys.newerThan(set));
      if (!newer) throw error;
      await verifyWith(newer);
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
