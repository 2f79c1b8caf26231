import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../../scripts/entries.ts';
import { median, table } from '../measure.ts';

const ROUNDS = 11;

const subjects = [
  { name: 'nothing (bare node)', specifier: undefined },
  { name: 'relier/management', specifier: join(root, 'dist/management.js') },
  {
    name: '@okta/okta-sdk-nodejs',
    specifier: join(root, 'bench/node_modules/@okta/okta-sdk-nodejs/src/index.js'),
  },
];

interface Start {
  /** From the import to its end, in ms. */
  readonly ms: number;
  /** Of the whole process, user and system, in ms. */
  readonly cpu: number;
  /** Resident memory of the whole process, in MiB. */
  readonly rss: number;
}

/** A process of its own for each import, in turns, so that the machine's moods hit all alike. */
export function importTimes(): string {
  const starts = subjects.map((): Start[] => []);
  for (let round = -1; round < ROUNDS; round++) {
    for (const [index, { specifier }] of subjects.entries()) {
      const start = startOf(specifier);
      if (round >= 0) starts[index]?.push(start);
    }
  }
  const floor = starts[0] ?? [];
  return table([
    [`cold import, ${process.version}`, 'ms', 'CPU ms', 'CPU of bare', 'MiB'],
    ...subjects.map(({ name }, index) => {
      const own = starts[index] ?? [];
      const ratios = own.map(({ cpu }, round) => cpu / (floor[round]?.cpu ?? cpu));
      return [
        name,
        median(own.map(({ ms }) => ms)).toFixed(1),
        median(own.map(({ cpu }) => cpu)).toFixed(0),
        median(ratios).toFixed(2),
        median(own.map(({ rss }) => rss)).toFixed(0),
      ];
    }),
  ]);
}

function startOf(specifier: string | undefined): Start {
  const script = `
    const start = performance.now();
    ${specifier ? `await import(${JSON.stringify(specifier)});` : ''}
    const ms = performance.now() - start;
    const { user, system } = process.cpuUsage();
    console.log(JSON.stringify({ ms, cpu: (user + system) / 1000, rss: process.memoryUsage.rss() / 2 ** 20 }));
    process.exit();`;
  const { stderr, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script]);
  if (stdout.length === 0) throw new Error(`The import failed: ${stderr}`);
  return JSON.parse(stdout.toString());
}
