import type { ClientContext } from '../client/create-client.ts';
import { invalidOption } from '../options.ts';
import type { TokenSet } from './token-set.ts';

/** Whether tokens can only be used with a proof of the key they are bound to (RFC 9449). */
export function isBound({ keyThumbprint, tokenType }: Partial<TokenSet>): boolean {
  return tokenType === 'DPoP' || keyThumbprint !== undefined;
}

/** Refuses tokens that were issued by somebody else, or bound to a key that this client lacks. */
export async function assertOwn(context: ClientContext, tokens: Partial<TokenSet>): Promise<void> {
  if ((tokens.claims?.iss ?? context.issuer) !== context.issuer) {
    throw invalidOption('tokens', 'were issued by another issuer');
  }
  const held = isBound(tokens) && (await context.dpop?.thumbprint());
  if (isBound(tokens) && held !== (tokens.keyThumbprint ?? (held || ''))) {
    throw invalidOption('dpop', 'does not hold the key that the tokens are bound to');
  }
}
