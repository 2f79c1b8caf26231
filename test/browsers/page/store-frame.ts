// A frame that may store nothing tells its parent what comes of it.
import { isRelierError } from 'relier';
import { indexedDbStore } from 'relier/browser';

const store = indexedDbStore();
const options = { leaseMs: 1_000, patienceMs: 2_000 };
const calls = {
  read: () => store.read('a'),
  write: () => store.write('a', '1', null),
  withLock: () => store.withLock('a', async () => {}, options),
};
for (const [name, call] of Object.entries(calls)) {
  call().then(
    (result) => parent.postMessage({ name, result }, '*'),
    (error) => parent.postMessage({ name, ...(isRelierError(error) && error.toJSON()) }, '*'),
  );
}
