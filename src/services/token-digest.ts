import { encodeBase64Url } from '../base64url.ts';

type Hash = (algorithm: string, text: string) => string;

/** Looked for at first use: loading Node's crypto takes time, and most who import us hash nothing. */
let platformHash: Hash | false | undefined;

/**
 * The SHA-256 digest of a token, to remember it by: what is kept is no token. Web Crypto takes
 * longer for this than for half a signature, so it is the second choice.
 */
export function digestOf(token: string): string | Promise<string> {
  platformHash ??= findHash() ?? false;
  return platformHash ? platformHash('sha256', token) : sha256(new TextEncoder().encode(token));
}

/** The platform's own SHA-256 that answers at once, where it has one (Node, and what follows it). */
function findHash(): Hash | undefined {
  const { process } = globalThis as {
    process?: { getBuiltinModule?: (name: string) => { hash?: Hash } | undefined };
  };
  return process?.getBuiltinModule?.('crypto')?.hash;
}

/** SHA-256 as the web platform has it, in base64url. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return encodeBase64Url(new Uint8Array(digest));
}
