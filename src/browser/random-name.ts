import { encodeBase64Url } from '../base64url.ts';

/** 128 random bits, so that no two are ever the same. */
export function randomName(): string {
  return encodeBase64Url(crypto.getRandomValues(new Uint8Array(16)));
}
