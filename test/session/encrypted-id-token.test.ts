import { CompactEncrypt, generateKeyPair } from 'jose';
import { describe, expect, it } from 'vitest';
import { jwe } from '../../src/index.ts';
import { failureOf } from '../support/relying-party.ts';
import { json } from '../support/scripted-web.ts';
import { jwks, keysAs, sessionKit } from '../support/session-kit.ts';

describe('an encrypted ID token', async () => {
  const algorithm = 'ECDH-ES';
  const { privateKey, publicKey } = await generateKeyPair(algorithm);
  const client = { decryption: jwe([{ key: privateKey, algorithm }]) };

  /** Its signature cannot be checked yet. */
  async function waiting() {
    const kit = sessionKit();
    const context = await kit.expired({ client });
    const plain = new TextEncoder().encode(await kit.idToken({}, { kid: 'server-2' }));
    const id_token = await new CompactEncrypt(plain)
      .setProtectedHeader({ alg: algorithm, enc: 'A256GCM', cty: 'JWT' })
      .encrypt(publicKey);
    kit.answer(() => json(kit.granted({ id_token })));
    const failure = await failureOf(context.session.getAccessToken());
    expect(failure).toMatchObject({ check: 'id_token.key' });
    expect((await kit.stored()).pending.answer.body.id_token).toBe(id_token);
    kit.op.web.on(jwks, keysAs('server-2'));
    return { kit, ...context };
  }

  it('waits in its encryption until the keys can be had', async () => {
    const { kit } = await waiting();
    const other = kit.open({ client });
    expect(await other.session.getAccessToken()).toBe('access-canary-1');
    expect(other.session.current().claims?.sub).toBe('ada');
    expect(kit.refreshes()).toBe(1);
  });

  it('does not end the session because one context cannot decrypt it', async () => {
    const { kit } = await waiting();
    const old = await generateKeyPair(algorithm);
    const outdated = { decryption: jwe([{ key: old.privateKey, algorithm }]) };
    const failure = await failureOf(kit.open({ client: outdated }).session.getAccessToken());
    expect(failure).toMatchObject({ check: 'id_token.encryption' });
    expect(await kit.open({ client }).session.getAccessToken()).toBe('access-canary-1');
  });
});
