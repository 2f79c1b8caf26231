import { spawnSync } from 'node:child_process';
import { median, table } from '../measure.ts';

/** What a process of its own imports: files, one after another. */
export interface Import {
  readonly name: string;
  readonly files: readonly string[];
}

const ROUNDS = 15;

interface Start {
  /** From the import to its end, in ms. */
  readonly ms: number;
  /** Of the whole process, user and system, in ms. */
  readonly cpu: number;
  /** Resident memory of the whole process, in MiB. */
  readonly rss: number;
}

/** A process of its own for each import, in turns, so that the machine's moods hit all alike. */
export function importTimes(imports: readonly Import[]): string {
  const all = [{ name: 'nothing (bare node)', files: [] }, ...imports];
  const starts = all.map((): Start[] => []);
  for (let round = -1; round < ROUNDS; round++) {
    for (const [index, { files }] of all.entries()) {
      const start = startOf(files);
      if (round >= 0) starts[index]?.push(start);
    }
  }
  const floor = starts[0] ?? [];
  return table([
    [`cold import, ${process.version}`, 'ms', 'CPU ms', 'over bare', 'ratio', 'MiB'],
    ...all.map(({ name }, index) => {
      const own = starts[index] ?? [];
      const against = (work: (cpu: number, bare: number) => number) =>
        median(own.map(({ cpu }, round) => work(cpu, floor[round]?.cpu ?? cpu)));
      return [
        name,
        median(own.map(({ ms }) => ms)).toFixed(1),
        median(own.map(({ cpu }) => cpu)).toFixed(0),
        against((cpu, bare) => cpu - bare).toFixed(0),
        against((cpu, bare) => cpu / bare).toFixed(2),
        median(own.map(({ rss }) => rss)).toFixed(0),
      ];
    }),
  ]);
}

function startOf(files: readonly string[]): Start {
  const script = `
    const start = performance.now();
    for (const file of ${JSON.stringify(files)}) await import(file);
    const ms = performance.now() - start;
    const { user, system } = process.cpuUsage();
    console.log(JSON.stringify({ ms, cpu: (user + system) / 1000, rss: process.memoryUsage.rss() / 2 ** 20 }));
    process.exit();`;
  const { stderr, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script]);
  if (stdout.length === 0) throw new Error(`The import failed: ${stderr}`);
  return JSON.parse(stdout.toString());
}
