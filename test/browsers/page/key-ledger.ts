/** The private keys that this page has made, or had made. */
export const privateKeys: CryptoKey[] = [];

const { subtle } = crypto;
const generate = subtle.generateKey.bind(subtle) as (...given: unknown[]) => Promise<unknown>;

Object.defineProperty(subtle, 'generateKey', {
  async value(...given: unknown[]) {
    const made = await generate(...given);
    if (made && typeof made === 'object' && 'privateKey' in made) {
      privateKeys.push(made.privateKey as CryptoKey);
    }
    return made;
  },
});
