// A program that keeps its session with a key from the keyring: started by its test.
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import {
  createClient,
  createSession,
  dpop,
  encryptedStore,
  isRelierError,
} from '../../src/index.ts';
import { fileStore, keyringKey, signInWithLoopback, storedKeyPair } from '../../src/node/index.ts';

export interface Settings {
  readonly keyringPackage: string;
  readonly directory: string;
  readonly issuer: string;
  readonly clientId: string;
}

/** What the program says at the end. */
export interface Outcome {
  /** A fingerprint of the key. */
  readonly key?: string;
  readonly status?: string;
  readonly subject?: string | undefined;
  readonly accessToken?: string;
  /** The thumbprint of the key that the tokens are bound to. */
  readonly bound?: string | undefined;
  readonly error?: { readonly code?: string; readonly reason?: string; readonly message: string };
  readonly reason?: string | undefined;
}

const [action, json = '{}'] = process.argv.slice(2);
const { clientId, directory, issuer, keyringPackage }: Settings = JSON.parse(json);
const keyring = createRequire(keyringPackage)('@napi-rs/keyring');
const getKey = keyringKey({ keyring, service: 'com.example.relier' });
const files = fileStore({ directory });
const store = encryptedStore(files, getKey);
const fingerprint = (text: string | Uint8Array) =>
  createHash('sha256').update(text).digest('hex').slice(0, 12);

function open() {
  const client = createClient({
    issuer,
    clientId,
    allowInsecureRequests: 'loopback',
    dpop: dpop({ keyPair: storedKeyPair(store) }),
  });
  return { client, session: createSession({ client, store }) };
}

const actions: Record<string, () => Promise<Outcome>> = {
  key: async () => ({ key: fingerprint(await getKey(files)) }),

  async signIn() {
    const { client, session } = open();
    const tokens = await signInWithLoopback(client, {
      scope: 'openid offline_access',
      prompt: 'consent',
      openBrowser: (url) => void process.send?.({ url: url.href }),
    });
    await session.establish(tokens);
    session.close();
    return { status: session.current().status, bound: tokens.keyThumbprint };
  },

  /** The next start of the program. */
  async resume() {
    const { session } = open();
    let reason: string | undefined;
    session.subscribe((event) => {
      if (event.type === 'signedOut') reason = event.reason;
    });
    const { claims, status } = await session.restore();
    if (status !== 'signedIn') return { status, reason };
    const accessToken = fingerprint(await session.getAccessToken({ force: true }));
    session.close();
    return { status, subject: claims?.sub, accessToken };
  },

  async loseKey() {
    await new keyring.AsyncEntry('com.example.relier', 'session').deletePassword();
    return {};
  },
};

try {
  process.send?.(await actions[action as string]?.());
} catch (error) {
  const { code, message, reason } = error as Required<Outcome>['error'];
  process.send?.({ error: { code: isRelierError(error) ? code : 'untyped', message, reason } });
}
process.disconnect();
