import { generate } from 'selfsigned';

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

export interface CertificateAuthority {
  /** PEM, for those who are to trust it. */
  readonly cert: string;
  /** A certificate for names, of a server or of a client. */
  issue(...names: readonly string[]): Promise<Certificate>;
}

/** An authority that nobody knows who was not told of it. */
export async function createAuthority(
  name = 'An authority of the tests',
): Promise<CertificateAuthority> {
  const ca = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, critical: true },
    ],
  });
  return {
    cert: ca.cert,
    async issue(...names) {
      const { cert, private: key } = await generate(
        [{ name: 'commonName', value: names[0] ?? '' }],
        {
          keyType: 'ec',
          algorithm: 'sha256',
          ca: { cert: ca.cert, key: ca.private },
          extensions: namedAs(names),
        },
      );
      return { cert, key };
    },
  };
}

/** A certificate that vouches for itself. */
export async function selfSigned(...names: readonly string[]): Promise<Certificate> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: names[0] ?? '' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: namedAs(names),
  });
  return { cert, key };
}

function namedAs(names: readonly string[]) {
  const altNames = names.map((value) => ({ type: 2 as const, value }));
  return [{ name: 'subjectAltName' as const, altNames }];
}
