import type { ClientContext } from '../client/create-client.ts';
import { invalidOption } from '../options.ts';
import type { TokenSet } from './token-set.ts';

/** Refuses tokens that are bound to a key which this client does not hold (RFC 9449). */
export async function assertKey(
  context: ClientContext,
  { keyThumbprint }: Partial<Pick<TokenSet, 'keyThumbprint'>>,
): Promise<void> {
  if (keyThumbprint && keyThumbprint !== (await context.dpop?.thumbprint())) {
    throw invalidOption('dpop', 'does not hold the key that the tokens are bound to');
  }
}
