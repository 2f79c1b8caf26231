import { describe, expect, it } from 'vitest';
import { encryptedStore, memoryStore } from '../../src/index.ts';
import { fileStore, type Keyring, type KeyringEntry, keyringKey } from '../../src/node/index.ts';
import { failureOf } from '../support/relying-party.ts';
import { everyFile, removeFoldersAfterwards, temporaryFolder } from './store-folder.ts';

removeFoldersAfterwards();

/** A keyring that does what a real one cannot be made to do; test/native has the real one. */
function fakeKeyring(faults: Partial<KeyringEntry> & { missing?: boolean } = {}) {
  const secrets = new Map<string, string>();
  const writes: string[] = [];
  const stores: unknown[] = [];
  const keyring: Keyring = {
    AsyncEntry: class implements KeyringEntry {
      readonly name: string;
      constructor(service: string, account: string, options?: { linux?: { store?: string } }) {
        if (faults.missing) throw new Error('Platform failure: DBus error');
        stores.push(options?.linux?.store);
        this.name = `${service}/${account}`;
      }
      async getPassword() {
        return faults.getPassword ? faults.getPassword() : (secrets.get(this.name) ?? null);
      }
      async setPassword(password: string) {
        if (faults.setPassword) return faults.setPassword(password);
        writes.push(this.name);
        secrets.set(this.name, password);
        return undefined;
      }
      async deletePassword() {
        return faults.deletePassword ? faults.deletePassword() : secrets.delete(this.name);
      }
    },
  };
  return { keyring, secrets, stores, writes };
}

const service = 'com.example.app';
const never = () => new Promise<never>(() => {});
const bytes = (key: Uint8Array) => Buffer.from(key).toString('hex');

describe('a key in the keyring', () => {
  it('is made once, random, and found again', async () => {
    const { keyring, secrets, stores } = fakeKeyring();
    const store = memoryStore();
    const key = await keyringKey({ keyring, service })(store);
    expect(key).toHaveLength(32);
    expect(bytes(await keyringKey({ keyring, service })(store))).toBe(bytes(key));
    expect([...secrets.keys()]).toEqual([`${service}/session`]);
    expect([...secrets.values()][0]?.length).toBeLessThan(100);
    expect(new Set(stores)).toEqual(new Set(['secret-service']));
    const { keyring: other } = fakeKeyring();
    expect(bytes(await keyringKey({ keyring: other, service })(store))).not.toBe(bytes(key));
  });

  it('is another one for another account', async () => {
    const { keyring } = fakeKeyring();
    const store = memoryStore();
    const one = await keyringKey({ keyring, service })(store);
    expect(bytes(await keyringKey({ keyring, service, account: 'work' })(store))).not.toBe(
      bytes(one),
    );
  });

  it('is made once where many ask for it at the same time, of one process or of several', async () => {
    const { keyring, writes } = fakeKeyring();
    const directory = temporaryFolder();
    const keys = await Promise.all(
      Array.from({ length: 8 }, () => keyringKey({ keyring, service })(fileStore({ directory }))),
    );
    expect(new Set(keys.map(bytes)).size).toBe(1);
    expect(writes.filter((name) => name === `${service}/session`)).toHaveLength(1);
    // The lock has gone with its last use.
    expect(everyFile(directory)).toEqual([]);
  });

  it('keeps what it encrypts readable for the next start', async () => {
    const { keyring } = fakeKeyring();
    const directory = temporaryFolder();
    const open = () => encryptedStore(fileStore({ directory }), keyringKey({ keyring, service }));
    await open().write('ada', 'a session', null);
    expect(await open().read('ada')).toMatchObject({ value: 'a session' });
  });

  it.each<[what: string, change: (secrets: Map<string, string>) => void]>([
    ['lost', (secrets) => secrets.clear()],
    ['changed by somebody', (secrets) => secrets.set(`${service}/session`, 'my password')],
    ['cut', (secrets) => secrets.set(`${service}/session`, 'relier1.AAAA')],
    [
      'of another form',
      (secrets) => secrets.set(`${service}/session`, `relier1.${'!'.repeat(43)}`),
    ],
    [
      'exchanged',
      (secrets) =>
        secrets.set(`${service}/session`, `relier1.${Buffer.alloc(32, 7).toString('base64url')}`),
    ],
  ])('that is %s makes records unreadable, and gives room for new ones', async (_, change) => {
    const { keyring, secrets } = fakeKeyring();
    const directory = temporaryFolder();
    const open = () => encryptedStore(fileStore({ directory }), keyringKey({ keyring, service }));
    await open().write('ada', 'a session', null);
    change(secrets);

    const error = await failureOf(open().read('ada'));
    expect(error).toMatchObject({ code: 'record_unreadable', revision: expect.any(String) });
    const { revision } = error as unknown as { revision: string };
    expect(await open().write('ada', 'a new session', revision)).toEqual(expect.any(String));
    expect(await open().read('ada')).toMatchObject({ value: 'a new session' });
  });
});

describe('a keyring that cannot be used', () => {
  it.each<[what: string, faults: Parameters<typeof fakeKeyring>[0], reason: string]>([
    ['is not there', { missing: true }, 'failed'],
    ['is locked', { setPassword: () => Promise.reject(new Error('locked: hunter2')) }, 'failed'],
    ['cannot be read', { getPassword: () => Promise.reject(new Error('locked')) }, 'failed'],
    ['does not answer', { getPassword: never }, 'timeout'],
    ['does not take what it is given', { setPassword: never }, 'timeout'],
    ['forgets at once', { getPassword: async () => null }, 'forgets'],
    ['keeps what it should delete', { deletePassword: async () => false }, 'forgets'],
  ])(
    '%s: fails typed, says nothing of what it was told, and stores nothing',
    async (_, faults, reason) => {
      const { keyring, secrets } = fakeKeyring(faults);
      const inner = memoryStore();
      const store = encryptedStore(inner, keyringKey({ keyring, service, timeoutMs: 20 }));
      const error = await failureOf(store.write('ada', 'a session', null));
      expect(error).toMatchObject({
        name: 'StorageError',
        code: 'keyring_unavailable',
        phase: 'storage',
        retryable: true,
        reason,
      });
      expect(JSON.stringify(error) + error.stack + String(error.cause)).not.toContain('hunter2');
      expect(await inner.read('ada')).toBeUndefined();
      expect(secrets.has(`${service}/session`)).toBe(false);
    },
  );

  it('is asked again when it has been unlocked', async () => {
    const faults: Parameters<typeof fakeKeyring>[0] = {
      setPassword: () => Promise.reject(new Error('locked')),
    };
    const { keyring } = fakeKeyring(faults);
    const store = encryptedStore(memoryStore(), keyringKey({ keyring, service }));
    await failureOf(store.write('ada', 'a session', null));
    delete faults.setPassword;
    expect(await store.write('ada', 'a session', null)).toEqual(expect.any(String));
  });

  it.each([2 ** 31, 1e12])('may take %d ms, which is more than a timer can', async (timeoutMs) => {
    const secret = `relier1.${Buffer.alloc(32, 7).toString('base64url')}`;
    const getPassword = () => new Promise<string>((done) => setTimeout(done, 50, secret));
    const { keyring } = fakeKeyring({ getPassword });
    expect(await keyringKey({ keyring, service, timeoutMs })(memoryStore())).toHaveLength(32);
  });

  it('waits no longer for a dialogue than it was told', async () => {
    const signals: AbortSignal[] = [];
    const { keyring } = fakeKeyring();
    const asking = keyringKey({
      keyring: {
        AsyncEntry: class extends keyring.AsyncEntry {
          override getPassword(signal?: AbortSignal) {
            if (signal) signals.push(signal);
            return never();
          }
        },
      },
      service,
      timeoutMs: 20,
    });
    expect(await failureOf(asking(memoryStore()))).toMatchObject({ reason: 'timeout' });
    // What has not begun yet need not begin any more.
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });
});

describe('options that cannot work', () => {
  const { keyring } = fakeKeyring();
  it.each<[string, object]>([
    ['keyring', { service }],
    ['keyring', { service, keyring: {} }],
    ['service', { keyring }],
    ['service', { keyring, service: '' }],
    ['account', { keyring, service, account: '' }],
    ['timeoutMs', { keyring, service, timeoutMs: '3s' }],
  ])('%s: %o', (option, options) => {
    expect(() => keyringKey(options as never)).toThrow(
      expect.objectContaining({ code: 'invalid_option', option }),
    );
  });

  it('no store', async () => {
    const work = keyringKey({ keyring, service })(undefined as never);
    expect(await failureOf(work)).toMatchObject({ code: 'invalid_option', option: 'store' });
  });
});
