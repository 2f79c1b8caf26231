import { exportJWK, generateKeyPair } from 'jose';
import { describe, expect, it } from 'vitest';
import { fetchUserInfo, jwe } from '../../src/index.ts';
import { publicClient, startHostileProvider } from '../support/hostile-provider/index.ts';
import { failureOf, hostileClient, signInAt } from '../support/relying-party.ts';

const algorithm = 'RSA-OAEP-256';
const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
const encryptionKey = { ...(await exportJWK(publicKey)), use: 'enc', kid: 'enc-1', alg: algorithm };
const decryption = jwe([{ key: privateKey, algorithm, keyId: 'enc-1' }]);

const provider = (signed: boolean) =>
  startHostileProvider({
    clients: [
      {
        ...publicClient,
        ...(signed && { userinfo_signed_response_alg: 'RS256' }),
        userinfo_encrypted_response_alg: algorithm,
        userinfo_encrypted_response_enc: 'A256GCM',
        jwks: { keys: [encryptionKey] },
      },
    ],
    metadata: (metadata) => ({ ...metadata, userinfo_signing_alg_values_supported: ['RS256'] }),
  });

describe('an encrypted userinfo answer', () => {
  it('is read, and what is inside is verified', async () => {
    await using op = await provider(true);
    const client = hostileClient(op, { decryption });
    const { tokens } = await signInAt(op, client);
    const checks: string[] = [];
    const watching = hostileClient(op, {
      decryption,
      trace: (event) => event.type === 'check' && checks.push(event.check),
    });
    expect((await fetchUserInfo(watching, tokens)).sub).toBe(op.subject);
    expect(checks).toContain('userinfo.signature');
  });

  it('is refused by a client without the key', async () => {
    await using op = await provider(true);
    const client = hostileClient(op);
    const { tokens } = await signInAt(op, client);
    expect(await failureOf(fetchUserInfo(client, tokens))).toMatchObject({
      code: 'invalid_userinfo',
      check: 'userinfo.encryption',
    });
  });

  it('is refused where nobody signed what is inside', async () => {
    await using op = await provider(false);
    const client = hostileClient(op, { decryption });
    const { tokens } = await signInAt(op, client);
    expect(await failureOf(fetchUserInfo(client, tokens))).toMatchObject({
      code: 'invalid_userinfo',
    });
  });
});
