import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { StorageError } from '../../src/errors.ts';
import { type EncryptionKeys, encryptedStore } from '../../src/storage/encrypted-store.ts';
import { memoryStore } from '../../src/storage/memory-store.ts';
import type { SessionStore, StoredValue } from '../../src/storage/session-store.ts';
import { sessionStoreContract } from '../../src/storage/session-store-contract.ts';
import { failureOf } from '../support/relying-party.ts';
import { refusesWrongArguments } from './store-arguments.ts';

const secret = 'swordfish';
const bytes = (fill: number) => new Uint8Array(32).fill(fill);
const generate = (length = 256, usages: KeyUsage[] = ['encrypt', 'decrypt'], name = 'AES-GCM') =>
  crypto.subtle.generateKey({ name, length }, false, usages) as Promise<CryptoKey>;
const unreadable = { name: 'StorageError', code: 'record_unreadable', retryable: false };

async function setUp(keys: EncryptionKeys = bytes(1)) {
  const inner = memoryStore();
  const store = encryptedStore(inner, keys);
  const revision = (await store.write('a', secret, null)) as string;
  const { value } = (await inner.read('a')) as StoredValue;
  /** Puts something else in the place of the record. */
  const replace = async (text: string) => {
    const old = (await inner.read('a')) as StoredValue;
    return inner.write('a', text, old.revision) as Promise<string>;
  };
  return { inner, replace, revision, store, value };
}

describe('an encrypted store', async () => {
  const key = await generate();
  const shared = memoryStore();
  it.each(sessionStoreContract(() => encryptedStore(shared, key)))('$name', ({ run }) => run());

  refusesWrongArguments(() => encryptedStore(memoryStore(), key));

  it('leaves nothing readable in the store below', async () => {
    const { inner, value } = await setUp();
    expect(value).toMatch(/^relier1\.[\w-]+$/);
    expect(Buffer.from(value.slice(8), 'base64url').length).toBe(12 + secret.length + 16);
    expect(Buffer.from(value.slice(8), 'base64url').toString('latin1')).not.toContain(secret);
    expect((await inner.read('a'))?.value).not.toContain(secret);
  });

  it('is AES-256-GCM with the version and the name of the record, as anybody can check', async () => {
    const { value } = await setUp(bytes(7));
    const content = Buffer.from(value.slice(8), 'base64url');
    const raw = await crypto.subtle.importKey('raw', bytes(7), 'AES-GCM', false, ['decrypt']);
    const plain = await crypto.subtle.decrypt(
      {
        name: 'AES-GCM',
        iv: content.subarray(0, 12),
        additionalData: new TextEncoder().encode('relier1"a"'),
      },
      raw,
      content.subarray(12),
    );
    expect(new TextDecoder().decode(plain)).toBe(secret);
  });

  it('never encrypts twice alike', async () => {
    const { inner, store, revision } = await setUp();
    const ivs = new Set<string>();
    let expected = revision;
    for (let round = 0; round < 50; round += 1) {
      expected = (await store.write('a', secret, expected)) as string;
      const record = (await inner.read('a')) as StoredValue;
      ivs.add(record.value.slice(8, 24));
    }
    expect(ivs.size).toBe(50);
  });

  it('takes a megabyte', async () => {
    const { store, revision } = await setUp();
    const large = 'ä€😀.'.repeat(100_000);
    expect(Buffer.byteLength(large)).toBe(1_000_000);
    await store.write('a', large, revision);
    expect((await store.read('a'))?.value === large).toBe(true);
  });

  it('gives the revision of the store below, and nothing else of its record', async () => {
    const { inner, store, revision } = await setUp();
    expect(await store.read('a')).toEqual({ value: secret, revision });
    expect((await inner.read('a'))?.revision).toBe(revision);
  });

  it('can be watched if the store below can', async () => {
    const { watch: _, ...deaf } = memoryStore();
    expect('watch' in encryptedStore(deaf, bytes(1))).toBe(false);
    expect(encryptedStore(memoryStore(), bytes(1)).watch).toBeTypeOf('function');
  });

  it('works over a store that is an instance of a class', async () => {
    class Store implements SessionStore {
      #inner = memoryStore();
      read = (key: string) => this.#inner.read(key);
      write(...all: Parameters<SessionStore['write']>) {
        return this.#inner.write(...all);
      }
      delete(...all: Parameters<SessionStore['delete']>) {
        return this.#inner.delete(...all);
      }
      withLock: SessionStore['withLock'] = (...all) => this.#inner.withLock(...all);
      watch(key: string, listener: () => void) {
        return this.#inner.watch?.(key, listener) ?? (() => {});
      }
    }
    const store = encryptedStore(new Store(), bytes(1));
    let calls = 0;
    const unwatch = store.watch?.('a', () => {
      calls += 1;
    });
    const revision = (await store.write('a', secret, null)) as string;
    expect(await store.delete('a', revision)).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls).toBe(2);
    unwatch?.();
  });

  it.each(['read', 'write', 'delete', 'withLock'] as const)(
    'passes on what goes wrong below (%s)',
    async (method) => {
      const failure = new StorageError('The disk is full.', {
        code: 'storage_failed',
        retryable: true,
      });
      const failing = { ...memoryStore(), [method]: () => Promise.reject(failure) };
      const store = encryptedStore(failing, bytes(1));
      const calls = {
        read: () => store.read('a'),
        write: () => store.write('a', secret, null),
        delete: () => store.delete('a', 'r'),
        withLock: () => store.withLock('a', async () => {}, { leaseMs: 1, patienceMs: 2 }),
      };
      expect(await failureOf(calls[method]() as Promise<unknown>)).toBe(failure);
    },
  );
});

describe('a record that cannot be opened', () => {
  const flip = (text: string, at: number) =>
    text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);

  it('is one of which any letter was changed: of version, IV, content or tag', async () => {
    const { replace, store, value } = await setUp();
    for (let at = 0; at < value.length; at += 1) {
      const revision = await replace(flip(value, at));
      expect(await failureOf(store.read('a')), `letter ${at}`).toMatchObject({
        ...unreadable,
        revision,
      });
    }
    await replace(value);
    expect(await store.read('a')).toMatchObject({ value: secret });
  });

  it.each<[what: string, change: (value: string) => string]>([
    ['nothing', () => ''],
    ['the version alone', () => 'relier1'],
    ['no content', () => 'relier1.'],
    ['half an IV', (value) => value.slice(0, 16)],
    ['an IV alone', (value) => value.slice(0, 24)],
    ['less than a tag', (value) => value.slice(0, 40)],
    ['one letter less', (value) => value.slice(0, -1)],
    ['four letters more', (value) => `${value}AAAA`],
    ['padding', (value) => `${value}=`],
    ['a line break', (value) => `${value}\n`],
    ['a space inside', (value) => `${value.slice(0, 20)} ${value.slice(20)}`],
    ['another version', (value) => value.replace('relier1', 'relier2')],
    ['the content twice', (value) => value + value.slice(7)],
    ['no version', (value) => value.slice(8)],
    ['letters that are no base64url', () => 'relier1.ä'],
    ['standard base64', (value) => value.replaceAll('-', '+').replaceAll('_', '/').concat('+')],
    ['what was never encrypted', () => JSON.stringify({ refreshToken: secret })],
    ['a long text of somebody else', () => 'x'.repeat(100_000)],
  ])('is one that holds %s', async (_, change) => {
    const { inner, replace, store, value } = await setUp();
    const changed = change(value);
    const revision = await replace(changed);
    const error = await failureOf(store.read('a'));
    expect(error).toMatchObject({ ...unreadable, phase: 'storage', revision });
    expect(inspect(error, { depth: 9 })).not.toContain(secret);
    expect(await inner.read('a')).toEqual({ value: changed, revision });
  });

  it('is one with the same bytes in other letters', async () => {
    // 12 + 9 + 16 bytes leave four bits of the last letter unused.
    const { replace, store, value } = await setUp();
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = letters[letters.indexOf(value.at(-1) as string) + 1] as string;
    await replace(value.slice(0, -1) + last);
    const same = Buffer.from(value.slice(8, -1) + last, 'base64url').toString('base64url');
    expect(`relier1.${same}`).toBe(value);
    expect(await failureOf(store.read('a'))).toMatchObject(unreadable);
  });

  it.each([
    ['a', 'b'],
    ['a', 'A'],
    ['a', 'a"'],
    ['a', ' '],
    // Both are the same in UTF-8.
    ['\ud800', '\udbff'],
  ])('is one that changed places with another (%j, %j)', async (one, other) => {
    const inner = memoryStore();
    const store = encryptedStore(inner, bytes(1));
    const records = [];
    for (const key of [one, other]) {
      await store.write(key, `of ${key.length}`, null);
      records.push((await inner.read(key)) as StoredValue);
    }
    const [mine, yours] = records as [StoredValue, StoredValue];
    await inner.write(one, yours.value, mine.revision);
    await inner.write(other, mine.value, yours.revision);
    expect(await failureOf(store.read(one))).toMatchObject(unreadable);
    expect(await failureOf(store.read(other))).toMatchObject(unreadable);
  });

  it('is one whose key is lost, until a new sign-in replaces it', async () => {
    const { inner, revision } = await setUp(bytes(1));
    const store = encryptedStore(inner, [bytes(2), await generate()]);
    const error = await failureOf(store.read('a'));
    expect(error).toMatchObject({ ...unreadable, revision });
    expect(await store.write('a', 'new', null)).toBeUndefined();
    await store.write('a', 'new', (error as StorageError).revision as string);
    expect(await store.read('a')).toMatchObject({ value: 'new' });
  });

  it('can be deleted', async () => {
    const { inner, revision } = await setUp(bytes(1));
    expect(await encryptedStore(inner, bytes(2)).delete('a', revision)).toBe(true);
    expect(await inner.read('a')).toBeUndefined();
  });
});

describe('the keys of an encrypted store', () => {
  it('rotate: the first one encrypts, all of them decrypt', async () => {
    const [old, next] = [bytes(1), await generate()];
    const { inner, store, revision } = await setUp(old);
    const rotated = encryptedStore(inner, [next, old]);
    expect(await rotated.read('a')).toMatchObject({ value: secret });
    await rotated.write('a', 'rotated', revision);
    expect(await failureOf(store.read('a'))).toMatchObject(unreadable);
    expect(await encryptedStore(inner, next).read('a')).toMatchObject({ value: 'rotated' });
  });

  it('rotate in a fleet without a process that cannot read what another one writes', async () => {
    const [older, newer] = [bytes(1), bytes(2)];
    const { inner, store: before, revision } = await setUp(older);
    const ready = encryptedStore(inner, [older, newer]);
    const during = encryptedStore(inner, [newer, older]);
    const second = (await ready.write('a', 'second', revision)) as string;
    expect((await before.read('a'))?.value).toBe('second');
    await during.write('a', 'third', second);
    expect((await ready.read('a'))?.value).toBe('third');
    // What the step between is for.
    expect(await failureOf(before.read('a'))).toMatchObject(unreadable);
  });

  it('are the same as bytes, as a Buffer and as a key of Web Crypto', async () => {
    const { inner } = await setUp(bytes(1));
    const usages: KeyUsage[] = ['encrypt', 'decrypt'];
    const key = await crypto.subtle.importKey('raw', bytes(1), 'AES-GCM', false, usages);
    for (const same of [key, Buffer.from(bytes(1)), Buffer.alloc(40, 1).subarray(4, 36)]) {
      expect(await encryptedStore(inner, same).read('a')).toMatchObject({ value: secret });
    }
  });

  it('are copied: their owner may wipe them', async () => {
    const { inner } = await setUp(bytes(1));
    for (const own of [bytes(1), Buffer.from(bytes(1))]) {
      const store = encryptedStore(inner, own);
      own.fill(0);
      expect(await store.read('a')).toMatchObject({ value: secret });
    }
  });

  it('are asked for once, by many at the same time, and only when they are needed', async () => {
    const { inner } = await setUp(bytes(1));
    let asked = 0;
    const store = encryptedStore(inner, async () => {
      asked += 1;
      return [bytes(2), bytes(1)];
    });
    await store.read('none');
    await store.delete('none', 'r');
    expect(asked).toBe(0);
    await Promise.all([store.read('a'), store.read('a'), store.write('b', 'x', null)]);
    await store.read('a');
    expect(asked).toBe(1);
    expect(await encryptedStore(inner, () => bytes(1)).read('a')).toMatchObject({ value: secret });
  });

  it('may be bytes of another realm', async () => {
    const { inner } = await setUp(bytes(1));
    const foreign = runInNewContext('new Uint8Array(32).fill(1)') as Uint8Array;
    expect(foreign).not.toBeInstanceOf(Uint8Array);
    expect(await encryptedStore(inner, foreign).read('a')).toMatchObject({ value: secret });
  });

  it('are not needed to delete, lock and watch: a keychain may be locked', async () => {
    const { inner, revision } = await setUp(bytes(1));
    const store = encryptedStore(inner, () => Promise.reject(new Error('locked')));
    const times = { leaseMs: 1_000, patienceMs: 2_000 };
    let calls = 0;
    const unwatch = store.watch?.('a', () => {
      calls += 1;
    });
    expect((await failureOf(store.read('a'))).code).toBe('storage_failed');
    const deleted = store.withLock('a', () => store.delete('a', revision), times);
    expect(await deleted).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls).toBe(1);
    unwatch?.();
  });

  it('are asked for again after they could not be had', async () => {
    const { inner } = await setUp(bytes(1));
    let asked = 0;
    const store = encryptedStore(inner, () => {
      asked += 1;
      if (asked === 1) throw Object.assign(new Error(secret), { code: 'ECONNREFUSED' });
      return bytes(1);
    });
    const error = await failureOf(store.read('a'));
    expect(error).toMatchObject({
      name: 'StorageError',
      code: 'storage_failed',
      retryable: true,
      reason: 'ECONNREFUSED',
    });
    expect(inspect(error, { depth: 9 })).not.toContain(secret);
    expect(await store.read('a')).toMatchObject({ value: secret });
    expect(asked).toBe(2);
  });

  const wrong: [what: string, keys: () => Promise<unknown>][] = [
    ['nothing', async () => undefined],
    ['an empty list', async () => []],
    ['a text', async () => 'k'.repeat(32)],
    ['a number', async () => 32],
    ['16 bytes', async () => new Uint8Array(16)],
    ['33 bytes', async () => new Uint8Array(33)],
    ['an ArrayBuffer', async () => new ArrayBuffer(32)],
    ['a DataView', async () => new DataView(new ArrayBuffer(32))],
    ['an array of larger numbers', async () => new Float64Array(32).fill(0.5)],
    ['an array of 32 bytes as larger numbers', async () => new Uint16Array(16).fill(7)],
    ['an array of signed bytes', async () => new Int8Array(32).fill(7)],
    ['an array of clamped bytes', async () => new Uint8ClampedArray(32).fill(7)],
    ['32 zeros', async () => new Uint8Array(32)],
    ['a Buffer of 32 zeros', async () => Buffer.alloc(32)],
    ['something like a key', async () => ({ algorithm: { name: 'AES-GCM', length: 256 } })],
    ['a short key', () => generate(128)],
    ['a key for CBC', () => generate(256, ['encrypt', 'decrypt'], 'AES-CBC')],
    ['a key that only decrypts', () => generate(256, ['decrypt'])],
    ['a key that only encrypts', () => generate(256, ['encrypt'])],
    ['a good key and a bad one', async () => [bytes(1), new Uint8Array(31)]],
    ['a list in a list', async () => [[bytes(1)]]],
  ];

  it.each(wrong)('are not %s', async (_, make) => {
    const keys = (await make()) as EncryptionKeys;
    const refused = { name: 'ConfigurationError', code: 'invalid_option', option: 'keys' };
    expect(await failureOf(() => encryptedStore(memoryStore(), keys))).toMatchObject(refused);
    const store = encryptedStore(memoryStore(), () => keys);
    expect(await failureOf(store.write('a', secret, null))).toMatchObject(refused);
  });

  it.each([undefined, null, {}, 'store'])('are not enough without a store (%s)', async (inner) => {
    const error = await failureOf(() => encryptedStore(inner as SessionStore, bytes(1)));
    expect(error).toMatchObject({ code: 'invalid_option', option: 'inner' });
  });
});
