import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { indexedDbStore, storedKey, storedKeyPair } from '../../src/browser/index.ts';
import { encryptedStore } from '../../src/index.ts';
import { failureOf } from '../support/relying-party.ts';
import { answerOf, inDatabase, openOrigin } from './storage-globals.ts';

beforeEach(() => {
  openOrigin();
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const publicPart = async ({ publicKey }: CryptoKeyPair) =>
  (await crypto.subtle.exportKey('jwk', publicKey)).x;

describe('a key that the browser keeps', () => {
  it('is the same one in every tab and after a reload', async () => {
    const pairs = await Promise.all([storedKeyPair()(), storedKeyPair()(), storedKeyPair()()]);
    const later = await storedKeyPair()();
    const parts = await Promise.all([...pairs, later].map(publicPart));
    expect(new Set(parts).size).toBe(1);
  });

  it('signs, and tells nobody how', async () => {
    const { privateKey, publicKey } = await storedKeyPair()();
    const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
    const data = new TextEncoder().encode('proof');
    const signature = await crypto.subtle.sign(algorithm, privateKey, data);
    expect(await crypto.subtle.verify(algorithm, publicKey, signature, data)).toBe(true);
    await expect(crypto.subtle.exportKey('jwk', privateKey)).rejects.toThrow();
  });

  it.each([{ name: 'other' }, { databaseName: 'other' }])(
    'is another one for %j',
    async (other) => {
      const [one, two] = await Promise.all([storedKeyPair()(), storedKeyPair(other)()]);
      expect(await publicPart(one)).not.toBe(await publicPart(two));
    },
  );

  it('is made anew where the stored one is none', async () => {
    for (const garbage of ['text', { privateKey: 1, publicKey: 2 }, null]) {
      await inDatabase((records) => records.put(garbage, ['pair', 'default']));
      const pair = await storedKeyPair()();
      expect(pair.privateKey.extractable).toBe(false);
      expect(await publicPart(await storedKeyPair()())).toBe(await publicPart(pair));
    }
  });

  it('opens what it has encrypted, and stands in the way of nothing else in the database', async () => {
    const inner = indexedDbStore();
    const store = encryptedStore(inner, storedKey());
    expect(await store.write('session', 'secret', null)).toBeDefined();
    expect((await inner.read('session'))?.value).not.toContain('secret');
    const later = encryptedStore(indexedDbStore(), storedKey());
    expect((await later.read('session'))?.value).toBe('secret');
    expect((await storedKey()()).extractable).toBe(false);
  });

  it('that is lost leaves a record that a new sign-in replaces', async () => {
    const store = encryptedStore(indexedDbStore(), storedKey());
    await store.write('session', 'secret', null);
    await inDatabase((records) => records.delete(['key', 'default']));
    const later = encryptedStore(indexedDbStore(), storedKey());
    const error = await failureOf(later.read('session'));
    expect(error).toMatchObject({ code: 'record_unreadable' });
    const { revision = '' } = error as { revision?: string };
    expect(await later.write('session', 'new', revision)).toBeDefined();
    expect((await later.read('session'))?.value).toBe('new');
  });

  it.each([{ name: '' }, { databaseName: 1 }, null])('refuses %j', async (options) => {
    for (const make of [storedKey, storedKeyPair]) {
      const error = await failureOf(() => make(options as never));
      expect(error).toMatchObject({ code: 'invalid_option' });
    }
  });
});

describe('an encrypted store whose database was deleted while the page was open', () => {
  const openPage = () => encryptedStore(indexedDbStore(), storedKey());

  async function deleted() {
    const pages = [openPage(), openPage()] as const;
    await pages[0].write('a', 'one', null);
    expect(await pages[1].read('a')).toMatchObject({ value: 'one' });
    await answerOf(indexedDB.deleteDatabase('relier'));
    return pages;
  }

  it('keeps what is written afterwards over a reload', async () => {
    const [page] = await deleted();
    expect(await page.read('a')).toBeUndefined();
    await page.write('a', 'two', null);
    expect(await openPage().read('a')).toMatchObject({ value: 'two' });
    expect(await page.read('a')).toMatchObject({ value: 'two' });
  });

  it('reads what another page has written since', async () => {
    const [page, other] = await deleted();
    expect(await page.read('a')).toBeUndefined();
    const revision = (await page.write('a', 'two', null)) ?? '';
    expect(await other.read('a')).toEqual({ value: 'two', revision });
    await other.write('a', 'three', revision);
    expect(await page.read('a')).toMatchObject({ value: 'three' });
  });
});
