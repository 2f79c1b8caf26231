import { memoryStore } from '../../src/storage/memory-store.ts';
import type { BrokenStores } from './broken-records.ts';

/** Stores that do not tell what they should. */
export const brokenWatches: BrokenStores = {
  'tells of changes, whoever makes them': [
    [
      'watches itself',
      /through another handle/,
      () => {
        const own = memoryStore();
        return own.watch ? { watch: own.watch } : {};
      },
      'each',
    ],
    [
      'sees no deletion',
      /did not tell of a deletion/,
      (inner) => {
        const told = new Set<() => void>();
        return {
          async write(...all) {
            const revision = await inner.write(...all);
            for (const listener of told) listener();
            return revision;
          },
          watch(_, listener) {
            told.add(listener);
            return () => void told.delete(listener);
          },
        };
      },
    ],
    [
      'sees nothing new',
      /did not tell of a new record/,
      (inner) => {
        let deletions = 0;
        return {
          async delete(...all) {
            deletions += 1;
            return inner.delete(...all);
          },
          watch: (key, listener) =>
            inner.watch?.(key, async () => {
              if (!deletions || !(await inner.read(key))) listener();
            }) ?? (() => {}),
        };
      },
    ],
  ],
  'tells nobody who has stopped watching, and everybody else': [
    [
      'never stops',
      /after it was ended/,
      (inner) => ({
        watch(...all) {
          inner.watch?.(...all);
          return () => {};
        },
      }),
    ],
    [
      'stops for all',
      /ended another one/,
      (inner) => {
        const ends: (() => void)[] = [];
        return {
          watch(...all) {
            ends.push(inner.watch?.(...all) ?? (() => {}));
            return () => ends.forEach((end) => void end());
          },
        };
      },
    ],
    [
      'knows one listener',
      /only one of two/,
      (inner) => {
        let unwatch = () => {};
        return {
          watch(...all) {
            unwatch();
            unwatch = inner.watch?.(...all) ?? (() => {});
            return unwatch;
          },
        };
      },
    ],
  ],
};
