/** The parts of an observation; what each artefact is seen in. */
const artefacts = {
  documents: ['metadata', 'jwks'],
  front: ['hybrid', 'front'],
  login: ['redirect', 'token', 'back', 'refresh', 'again'],
  protected: [
    'userinfo',
    'userinfo-post',
    'userinfo-jwt',
    'resource',
    'introspection',
    'introspection-jwt',
    'revocation',
    'end-session',
  ],
  jarm: ['protected', 'jarm'],
  par: ['par', 'pushed'],
  proofs: [
    'bound',
    'proof-token',
    'proof-token-retried',
    'proof-resource',
    'proof-resource-retried',
  ],
  logout: ['logout'],
};

export type Part = keyof typeof artefacts;

export const allParts: ReadonlySet<Part> = new Set(Object.keys(artefacts) as Part[]);

/** The parts that the named changes show in. */
export function partsOf(changes: string[]): Set<Part> {
  const named = changes.flatMap((change) =>
    (change.replace(/^-/, '').split('.')[0] ?? '').split('+'),
  );
  const parts = [...allParts].filter((part) =>
    artefacts[part].some((name) => named.includes(name)),
  );
  return new Set(parts.includes('protected') ? [...parts, 'login'] : parts);
}
