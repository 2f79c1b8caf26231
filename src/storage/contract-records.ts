import { type ContractPart, must, pause } from './contract-bench.ts';
import type { SessionStore } from './session-store.ts';

// Functions, so that a program that only imports the library neither makes nor bundles all this.
const values = (): Readonly<Record<string, string>> => ({
  'the empty string': '',
  'a line': '{"version":1}',
  'line breaks': 'a\nb\r\nc\rd\n',
  'control characters': '\u0000\u0001\t\u007f\u2028',
  'a byte order mark': '\ufeffa',
  'letters of the world': 'äßİ中文עברית👩‍👩‍👧‍👦 e\u0301 \u00e9',
  '300 kilobytes': 'aä中😀'.repeat(30_000),
});

/** What file systems, paths, patterns, objects and collations take for one another, or for more. */
const suffixes = () => [
  ...['', ' ', '  ', '.', '..', '/', '//', '/x', '/./x', '/../x', '\\x', '\\..\\x', 'x', 'X', ':x'],
  ...['%78', '%2Fx', '%2fx', '+', '%20', '_', '-', '*', '?', '[x]', '"', "'", '<', '|', '&', '#'],
  ...['\u0000', '\u0000x', '\n', '.lock', '.tmp', '.json', '~', '{x}', '$', 'ß', 'ss', 'ẞ', 'SS'],
  ...['\u00e9', 'e\u0301', '\u212b', '\u00c5', '😀', '😁', 'x'.repeat(499), `${'x'.repeat(499)}y`],
];

/** Names that every object has. */
const INHERITED = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];

async function created(store: SessionStore, key: string, value = 'first'): Promise<string> {
  const revision = await store.write(key, value, null);
  must(typeof revision === 'string', 'write() with null did not write where there was no record.');
  return revision;
}

async function holds(store: SessionStore, key: string, value: string, when: string): Promise<void> {
  must((await store.read(key))?.value === value, `read() gave another value ${when}.`);
}

/** One record: whole, never lost, never written twice from the same state. */
export const recordContract: ContractPart = {
  async 'has nothing where nothing was written'({ key, open }) {
    const store = await open();
    must((await store.read(key())) === undefined, 'read() gave a record that nobody wrote.');
  },

  async 'gives back what was written, to the byte, through every handle'({ key, open }) {
    const [writer, reader] = [await open(), await open()];
    let revision: string | null = null;
    for (const [what, value] of Object.entries(values())) {
      const next: string | undefined = await writer.write(key(), value, revision);
      must(next, `write() did not write ${what} over the revision it had given.`);
      await holds(reader, key(), value, `after ${what} was written`);
      const read = await reader.read(key());
      must(read?.revision === next, `read() and write() gave different revisions of ${what}.`);
      revision = next;
    }
  },

  async 'is never read half written'({ atEnd, key, open }) {
    const [writer, reader] = [await open(), await open()];
    const written = new Map<string, string>();
    let revision = await created(writer, key(), 'a'.repeat(100_000));
    written.set(revision, 'a'.repeat(100_000));
    let isWriting = true;
    atEnd(() => {
      isWriting = false;
    });
    const seen = new Map<string, string>();
    const reading = async () => {
      while (isWriting) {
        const record = await reader.read(key());
        must(record, 'read() found no record while it was being replaced.');
        seen.set(record.revision, record.value);
        await pause(0);
      }
    };
    const writing = async () => {
      for (let length = 100_000; length > 99_980; length -= 1) {
        const value = (length % 2 ? 'b' : 'c').repeat(length);
        revision = (await writer.write(key(), value, revision)) ?? '';
        written.set(revision, value);
      }
      isWriting = false;
    };
    await Promise.all([reading(), writing()]);
    for (const [name, value] of seen) {
      must(written.get(name) === value, 'read() gave a value that was never written like that.');
    }
  },

  async 'creates a record only where there is none'({ key, open }) {
    const [store, other] = [await open(), await open()];
    await created(store, key());
    const again = await other.write(key(), 'second', null);
    must(again === undefined, 'write() with null said that it had replaced a record.');
    await holds(store, key(), 'first', 'after a write that had to be refused');
  },

  async 'replaces only what the writer has seen'({ key, open }) {
    const [store, other] = [await open(), await open()];
    const first = await created(store, key());
    must(await other.write(key(), 'second', first), 'write() refused the stored revision.');
    for (const wrong of [first, '', 'never', await created(store, key('other'))]) {
      const revision = await store.write(key(), 'third', wrong);
      must(revision === undefined, 'write() said that it had written over a newer record.');
      await holds(other, key(), 'second', 'after a write that had to be refused');
    }
    const none = await store.write(key('none'), 'x', first);
    must(none === undefined, 'write() with a revision said that it had written where none is.');
    must(!(await other.read(key('none'))), 'write() with a revision made a new record.');
  },

  async 'gives each write a revision of its own, for ever'({ key, open }) {
    const [store, other] = [await open(), await open()];
    const revisions: string[] = [];
    for (let round = 0; round < 5; round += 1) {
      const first = await created(store, key(), 'same');
      const second = (await other.write(key(), 'same', first)) ?? '';
      revisions.push(first, second);
      must(await store.delete(key(), second), 'delete() refused the stored revision.');
    }
    const isUnique = new Set(revisions).size === revisions.length;
    must(isUnique, 'write() gave the same revision twice: an old one would fit a new record.');
    const isLong = revisions.every((revision) => revision.length > 15);
    must(isLong, 'write() gave a revision that is too short to be 128 random bits.');
    const last = await created(store, key(), 'same');
    for (const old of revisions) {
      must(!(await other.delete(key(), old)), 'delete() took the revision of an earlier record.');
      must(
        !(await other.write(key(), 'x', old)),
        'write() took the revision of an earlier record.',
      );
    }
    must((await store.read(key()))?.revision === last, 'An old revision changed a new record.');
  },

  async 'deletes only what the deleter has seen, and says so'({ key, open }) {
    const [store, other] = [await open(), await open()];
    const first = await created(store, key());
    must(!(await other.delete(key(), 'never')), 'delete() took a wrong revision.');
    const second = (await store.write(key(), 'second', first)) ?? '';
    must((await other.delete(key(), first)) === false, 'delete() took an old revision.');
    await holds(store, key(), 'second', 'after a deletion that had to be refused');
    must((await other.delete(key(), second)) === true, 'delete() refused the stored revision.');
    must((await store.read(key())) === undefined, 'read() gave a record that was deleted.');
    const again = await other.delete(key(), second);
    must(again === false, 'delete() said that it had deleted what was gone.');
    await created(store, key());
  },

  async 'keeps records apart whose keys look alike'({ key, open, tidy }) {
    const [store, other] = [await open(), await open()];
    const written = new Map<string, string>();
    for (const suffix of suffixes()) {
      const revision = await store.write(key(suffix), `value of ${suffix}`, null);
      must(revision, `The key with ${JSON.stringify(suffix.slice(-9))} was there already.`);
      written.set(key(suffix), `value of ${suffix}`);
    }
    for (const name of INHERITED) {
      tidy(name);
      const left = await store.read(name);
      must(!left || typeof left.revision === 'string', `read(${name}) gave what is no record.`);
      const revision = await store.write(name, `value of ${name}`, left?.revision ?? null);
      must(revision, `The record ${name} could not be written.`);
      written.set(name, `value of ${name}`);
    }
    for (const [name, value] of written) {
      await holds(other, name, value, `under ${JSON.stringify(name.slice(-9))}`);
    }
  },

  async 'lets one of many simultaneous writers win'({ key, open }) {
    const handles = await Promise.all(Array.from({ length: 5 }, open));
    let revision: string | null = null;
    for (let round = 0; round < 2; round += 1) {
      const expected: string | null = revision;
      const answers: (string | undefined)[] = await Promise.all(
        Array.from({ length: 50 }, (_, n) =>
          (handles[n % 5] as SessionStore).write(key(), `${round} ${n}`, expected),
        ),
      );
      const won = answers.flatMap((answer, n) => (answer ? [n] : []));
      must(won.length === 1, `${won.length} of 50 simultaneous writers won, not one.`);
      await holds(handles[1] as SessionStore, key(), `${round} ${won[0]}`, 'than the winner wrote');
      revision = answers.find((answer) => answer) ?? null;
    }
    const gone = await Promise.all(handles.map((store) => store.delete(key(), revision as string)));
    const deleters = gone.filter((deleted) => deleted).length;
    must(deleters === 1, `${deleters} of 5 simultaneous deletions were done, not one.`);
  },

  async 'loses no update of those who read, change and write'({ key, open }) {
    const handles = await Promise.all(Array.from({ length: 4 }, open));
    const increment = async (store: SessionStore) => {
      for (let round = 0; round < 100; round += 1) {
        const record = await store.read(key());
        const next = `${Number(record?.value ?? 0) + 1}`;
        if (await store.write(key(), next, record?.revision ?? null)) return;
        await pause(0);
      }
      must(false, 'write() refused a writer 100 times in a row.');
    };
    const work = handles.map(async (store) => {
      for (let n = 0; n < 6; n += 1) await increment(store);
    });
    await Promise.all(work);
    const sum = (await (handles[0] as SessionStore).read(key()))?.value;
    must(sum === '24', `24 increments by compare-and-set made ${sum}.`);
  },
};
