import { checkFailed } from '../checks.ts';

/** An access token, as it came with a request. */
export interface PresentedToken {
  readonly accessToken: string;
  /** Where it came as one that is bound to a key: the proof, and what that has to be made for. */
  readonly proof?: PresentedProof | undefined;
}

/** A proof of possession, and the request that it came with. */
export interface PresentedProof {
  readonly jwt: string;
  readonly method: string;
  readonly url: string;
}

/** The token of an `Authorization` header (RFC 6750 section 2.1, RFC 9449 section 7.1). */
export function readAuthorization(header: string): { accessToken: string; isDpop: boolean } {
  const [, scheme = '', accessToken = ''] = /^(bearer|dpop) +([\w.~+/-]+=*)$/i.exec(header) ?? [];
  if (!accessToken) throw checkFailed('access_token', 'authorization');
  return { accessToken, isDpop: scheme.toLowerCase() === 'dpop' };
}

/** The token of a `Request`. */
export function tokenOfRequest({ headers, method, url }: Request): PresentedToken {
  const { accessToken, isDpop } = readAuthorization(headers.get('authorization') ?? '');
  const proof = isDpop ? { jwt: headers.get('dpop') ?? '', method, url } : undefined;
  return { accessToken, proof };
}
