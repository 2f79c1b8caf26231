import { memoryStore } from '../../src/storage/memory-store.ts';
import type { SessionStore } from '../../src/storage/session-store.ts';

export type Faults = (inner: SessionStore) => Partial<SessionStore>;
/** What is wrong with a store, what the contract says about it, and how to make it, for each handle. */
export type Broken = [what: string, complaint: RegExp, faults: Faults, each?: 'each'];

/** Broken stores, by the test of the contract that has to find them. */
export type BrokenStores = Readonly<Record<string, readonly Broken[]>>;

const pause = () => new Promise((resolve) => setTimeout(resolve, 2));
const revisionIn = async (store: SessionStore, key: string) =>
  (await store.read(key))?.revision ?? null;

/** A store that changes keys before it uses them. */
function renaming(rename: (key: string) => string): Faults {
  return (inner) => ({
    read: (key) => inner.read(rename(key)),
    write: (key, ...rest) => inner.write(rename(key), ...rest),
    delete: (key, ...rest) => inner.delete(rename(key), ...rest),
  });
}

/** A store that makes its revisions in a way of its own. */
function naming(name: (value: string, count: number) => string): Faults {
  const records = new Map<string, { value: string; revision: string; count: number }>();
  return () => ({
    read: async (key) => records.get(key),
    async write(key, value, expected) {
      const { count = 0, revision = null } = records.get(key) ?? {};
      if (revision !== expected) return undefined;
      const next = name(value, count + 1);
      records.set(key, { value, revision: next, count: count + 1 });
      return next;
    },
    delete: async (key, expected) => records.get(key)?.revision === expected && records.delete(key),
  });
}

/** A store that changes what it reads. */
function reading(change: (value: string) => string): Faults {
  return (inner) => ({
    async read(key) {
      const record = await inner.read(key);
      return record && { ...record, value: change(record.value) };
    },
  });
}

/** Stores that do not keep records as they should. */
export const brokenRecords: BrokenStores = {
  'has nothing where nothing was written': [
    [
      'has an empty record',
      /nobody wrote/,
      () => ({ read: async () => ({ value: '', revision: '' }) }),
    ],
    [
      'never answers',
      /longer than 1000 ms, or hangs/,
      () => ({ read: () => new Promise(() => {}) }),
    ],
  ],
  'gives back what was written, to the byte, through every handle': [
    ['trims', /another value after line breaks/, reading((value) => value.trim())],
    [
      'loses a byte order mark',
      /after a byte order mark/,
      reading((text) => text.replace(/^\ufeff/, '')),
    ],
    ['composes letters', /after letters of the world/, reading((value) => value.normalize())],
    [
      'is one byte wide',
      /another value/,
      reading((text) => Buffer.from(text, 'latin1').toString('latin1')),
    ],
    ['is narrow', /300 kilobytes/, reading((value) => value.slice(0, 65_536))],
    [
      'takes the empty for nothing',
      /the empty string/,
      (inner) => ({
        async read(key) {
          const record = await inner.read(key);
          return record?.value ? record : undefined;
        },
      }),
    ],
    ['keeps it to itself', /another value/, () => memoryStore(), 'each'],
  ],
  'is never read half written': [
    [
      'writes in two halves',
      /never written like that/,
      (inner) => {
        const halves = new Map<string, string>();
        return {
          async read(key) {
            const record = await inner.read(key);
            return record && { ...record, value: halves.get(key) ?? record.value };
          },
          async write(key, value, expected) {
            const half = value.slice(0, value.length / 2);
            halves.set(key, half);
            await pause();
            halves.delete(key);
            return inner.write(key, value, expected);
          },
        };
      },
    ],
    [
      'deletes before it writes',
      /no record while it was being replaced/,
      (inner) => ({
        async write(key, value, expected) {
          if (expected === null) return inner.write(key, value, null);
          if (!(await inner.delete(key, expected))) return undefined;
          await pause();
          return inner.write(key, value, null);
        },
      }),
    ],
  ],
  'creates a record only where there is none': [
    [
      'takes null for any',
      /said that it had replaced/,
      (inner) => ({
        write: async (key, value, expected) =>
          inner.write(key, value, expected ?? (await revisionIn(inner, key))),
      }),
    ],
  ],
  'replaces only what the writer has seen': [
    [
      'writes over everything',
      /written over a newer record/,
      (inner) => ({
        write: async (key, value) => inner.write(key, value, await revisionIn(inner, key)),
      }),
    ],
    [
      'says it has written when it has not',
      /said that it had written over/,
      (inner) => ({
        write: async (...all) => (await inner.write(...all)) ?? 'x'.repeat(22),
      }),
    ],
    [
      'writes and says it has not',
      /another value/,
      (inner) => ({
        async write(key, value, expected) {
          const current = await revisionIn(inner, key);
          const revision = await inner.write(key, value, current);
          return current === expected ? revision : undefined;
        },
      }),
    ],
    [
      'creates at any revision',
      /said that it had written where none is/,
      (inner) => ({
        write: async (key, value, expected) =>
          inner.write(key, value, (await inner.read(key)) ? expected : null),
      }),
    ],
  ],
  'gives each write a revision of its own, for ever': [
    ['has one revision', /same revision twice/, naming(() => 'x'.repeat(22))],
    ['names the value', /same revision twice/, naming((value) => `hash of the value ${value}`)],
    [
      'counts from one again',
      /same revision twice/,
      naming((_, count) => `${count}`.padStart(22, '0')),
    ],
    ['has short revisions', /too short/, naming(() => Math.random().toString().slice(0, 12))],
  ],
  'deletes only what the deleter has seen, and says so': [
    [
      'deletes everything',
      /took a wrong revision/,
      (inner) => ({
        delete: async (key) => inner.delete(key, (await revisionIn(inner, key)) ?? ''),
      }),
    ],
    [
      'always says it has deleted',
      /took a wrong revision/,
      (inner) => ({
        delete: async (...all) => (await inner.delete(...all)) || true,
      }),
    ],
    [
      'deletes nothing',
      /a record that was deleted/,
      (inner) => ({
        delete: async (key, expected) => expected === (await revisionIn(inner, key)),
      }),
    ],
    [
      'says nothing',
      /took an old revision|refused the stored/,
      (inner) => ({
        delete: async (...all) => void (await inner.delete(...all)) as unknown as boolean,
      }),
    ],
    [
      'says it has deleted nothing again',
      /had deleted what was gone/,
      (inner) => ({
        delete: async (key, expected) =>
          (await inner.read(key)) ? inner.delete(key, expected) : true,
      }),
    ],
  ],
  'keeps records apart whose keys look alike': [
    ['takes A for a', /key with "X" was there already/, renaming((key) => key.toLowerCase())],
    ['composes letters', /was there already/, renaming((key) => key.normalize())],
    ['has paths', /was there already/, renaming((key) => new URL(key, 'file:///').pathname)],
    ['takes off spaces', /was there already/, renaming((key) => key.trimEnd())],
    ['cuts long keys', /was there already/, renaming((key) => key.slice(0, 255))],
    ['ends at a zero', /was there already/, renaming((key) => key.split('\0')[0] as string)],
    ['unescapes', /was there already/, renaming((key) => key.replace('%78', 'x'))],
    [
      'is an object',
      /read\(constructor\) gave what is no record|__proto__/,
      (inner) => ({
        read: async (key) => (await inner.read(key)) ?? ({} as Record<string, undefined>)[key],
      }),
    ],
  ],
  'lets one of many simultaneous writers win': [
    [
      'looks before it writes',
      /50 of 50 simultaneous writers won/,
      (inner) => ({
        async write(key, value, expected) {
          if ((await revisionIn(inner, key)) !== expected) return undefined;
          await pause();
          return inner.write(key, value, await revisionIn(inner, key));
        },
      }),
    ],
    [
      'looks before it deletes',
      /of 5 simultaneous deletions/,
      (inner) => ({
        async delete(key, expected) {
          if ((await revisionIn(inner, key)) !== expected) return false;
          await pause();
          await inner.delete(key, expected);
          return true;
        },
      }),
    ],
  ],
  'loses no update of those who read, change and write': [
    [
      'looks before it writes',
      /increments by compare-and-set made/,
      (inner) => ({
        async write(key, value, expected) {
          if ((await revisionIn(inner, key)) !== expected) return undefined;
          await pause();
          return inner.write(key, value, await revisionIn(inner, key));
        },
      }),
    ],
    ['never lets anybody write', /refused a writer/, () => ({ write: async () => undefined })],
  ],
};
