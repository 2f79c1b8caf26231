import type { ClientContext } from '../client/create-client.ts';
import { invalidOption } from '../options.ts';
import type { TokenSet } from './token-set.ts';

/** Refuses tokens that are bound to a key which this client does not hold (RFC 9449). */
export async function assertKey(
  context: ClientContext,
  { keyThumbprint, tokenType }: Partial<Pick<TokenSet, 'keyThumbprint' | 'tokenType'>>,
): Promise<void> {
  const held = await context.dpop?.thumbprint();
  if ((tokenType === 'DPoP' && !held) || (keyThumbprint && keyThumbprint !== held)) {
    throw invalidOption('dpop', 'does not hold the key that the tokens are bound to');
  }
}
