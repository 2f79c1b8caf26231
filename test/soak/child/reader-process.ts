// Reads a record again and again, as others write it: started by processes.ts.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { decodeRecord, nameOfKey } from '../../../src/node/record-format.ts';
import { type StoreSettings, soakStore } from '../soak-store.ts';

export interface ReaderSettings extends StoreSettings {
  readonly key: string;
}

/** What a reader has seen. */
export interface Readings {
  /** Through the store. */
  storeReads: number;
  /** Past the store, from the files themselves. */
  fileReads: number;
  revisions: number;
  /** Records that were not whole, or older than one that had been seen before. */
  readonly torn: string[];
}

const settings: ReaderSettings = JSON.parse(process.argv[2] as string);
const { directory, key, keyringPackage } = settings;
const folder = join(directory, nameOfKey(key));
const store = soakStore(settings);
const readings: Readings = { storeReads: 0, fileReads: 0, revisions: 0, torn: [] };
let newest = 0;
let current = '';
let isOver = false;

async function readStore(): Promise<void> {
  try {
    const found = await store.read(key);
    if (found) JSON.parse(found.value);
  } catch (error) {
    readings.torn.push(`store: ${error}`);
  }
  readings.storeReads += 1;
}

/** A sign-out takes the folder away; numbers begin anew in the next one. */
function identityOfFolder(): string | undefined {
  const stats = statSync(folder, { throwIfNoEntry: false });
  return stats && `${stats.ino}.${stats.birthtimeMs}`;
}

function listFolder(): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (Object(error).code === 'ENOENT') return [];
    throw error;
  }
}

function readFiles(): void {
  const identity = identityOfFolder();
  const names = listFolder().map((name) => name.split('.'));
  if (!identity || identity !== identityOfFolder()) return;
  if (identity !== current) newest = 0;
  current = identity;
  const heads = names.filter(([, , state]) => state === 'record' || state === 'deleted');
  // While it is renamed, a folder may list a name twice, or not at all.
  const head = heads.sort(([a], [b]) => Number(b) - Number(a))[0];
  readings.fileReads += 1;
  if (!head) return;
  const [number, id = '', state] = head;
  if (Number(number) < newest) readings.torn.push(`${number} came after ${newest}`);
  if (Number(number) > newest) readings.revisions += 1;
  newest = Math.max(newest, Number(number));
  if (state === 'record') readData(`${number}.${id}.data`, id);
}

function readData(name: string, revision: string): void {
  try {
    const value = decodeRecord(readFileSync(join(folder, name)), key, revision);
    const isEncrypted = /^relier1\.[\w-]+$/.test(value ?? '');
    if (value === undefined || isEncrypted !== !!keyringPackage) {
      readings.torn.push(`file: ${name}`);
    } else if (!isEncrypted) JSON.parse(value);
  } catch (error) {
    // Replaced since, and tidied up.
    if (Object(error).code !== 'ENOENT') readings.torn.push(`file: ${error}`);
  }
}

process.on('message', () => {
  isOver = true;
});
process.send?.({ ready: true });
while (!isOver) {
  await readStore();
  readFiles();
  await pause(1);
}
process.send?.(readings, () => process.disconnect());
