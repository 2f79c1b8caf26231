import { getValidatedIdTokenClaims, type TokenEndpointResponse } from 'oauth4webapi';
import type { EndpointAnswer } from '../client/call-endpoint.ts';
import type { ClientContext } from '../client/create-client.ts';
import { checkIdToken, type IdTokenExpectations } from './id-token.ts';
import { verifySignature } from './jwt-signature.ts';
import { type Requested, type TokenSet, tokenSet } from './token-set.ts';

/** What the server issued: well-formed, but with an ID token that nobody has verified yet. */
export interface Issued {
  readonly answer: EndpointAnswer;
  readonly issued: TokenEndpointResponse;
  /** The ID token, without the encryption it may have come in. */
  readonly idToken: string | undefined;
  /** The key that the tokens were asked to be bound to. */
  readonly keyThumbprint: string | undefined;
}

/** Verifies the ID token of a token response, where there is one, and returns the whole. */
export async function identifiedTokenSet(
  context: ClientContext,
  { answer, idToken, issued, keyThumbprint }: Issued,
  requested: Requested,
  expected: IdTokenExpectations,
  signal: AbortSignal | undefined,
): Promise<TokenSet> {
  const claims = getValidatedIdTokenClaims(issued);
  if (claims) {
    await checkIdToken(
      context,
      {
        accessToken: issued.access_token,
        algorithm: answer.client.id_token_signed_response_alg as string,
        claims,
        idToken: idToken as string,
        secrets: [...answer.context.secrets, issued.access_token],
      },
      expected,
    );
    await verifySignature(context, 'id_token', answer, signal);
  }
  return tokenSet(answer.sentAt, issued, { ...requested, keyThumbprint }, claims);
}
