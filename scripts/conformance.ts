// Runs the conformance suite and prints what it found: a line for every case, then the totals. The
// verdicts are those of the run, taken from the tests themselves; a row counts as covered only if a
// test of it has run. Usage: conformance.ts [--quiet] (totals and failures only)
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { absences } from '../test/conformance/coverage.ts';
import type { Conformance } from '../test/conformance/kit/conform.ts';
import { rows } from '../test/support/hostile-provider/rows.ts';

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
      readonly meta: { readonly conformance?: Conformance };
    }[];
  }[];
}

const isQuiet = process.argv.includes('--quiet');
const report = runSuite();
const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
const cases = tests.flatMap(({ meta, status }) =>
  meta.conformance ? [{ ...meta.conformance, isPassed: status === 'passed' }] : [],
);
const failures = [
  ...tests.filter(({ status }) => status !== 'passed').map(describeFailure),
  ...report.testResults
    .filter(({ assertionResults, message }) => assertionResults.length === 0 || message)
    .map(({ name, message }) => `no verdict: ${name} ${message}`),
];

print(['row', 'case', 'expected', 'got', 'verdict'], 'heading');
let [covered, passed] = [0, 0];
for (const { id, section, title } of rows) {
  const own = cases.filter(({ row }) => row === id);
  const absence = absences.get(id);
  if (absence) {
    const [kind, text] = Object.entries(absence)[0] as [string, string];
    print([id, title, kind === 'notApplicable' ? 'not applicable' : kind, text, '-']);
    continue;
  }
  if (own.length === 0) failures.push(`${id} (section ${section}, ${title}): no test has run`);
  covered += own.length > 0 ? 1 : 0;
  passed += own.length > 0 && own.every(({ isPassed }) => isPassed) ? 1 : 0;
  print([id, title, '', '', '']);
  for (const { expected, got, isPassed, situation } of own) {
    print(
      ['', situation, expected, got, isPassed ? 'ok' : 'FAILED'],
      isPassed ? 'case' : 'failure',
    );
  }
}

const subjects = new Map<string, string[]>();
for (const [row, absence] of absences) {
  const [kind, text] = Object.entries(absence)[0] as [string, string];
  const subject = `${kind === 'notApplicable' ? 'not applicable' : kind}: ${text}`;
  subjects.set(subject, [...(subjects.get(subject) ?? []), row]);
}
console.log(`\n${rows.length} rows: ${covered} covered, of which ${passed} passed`);
for (const [subject, list] of [...subjects].sort()) {
  console.log(`${String(list.length).padStart(4)} ${subject} (${list.join(' ')})`);
}
const good = cases.filter(({ isPassed }) => isPassed).length;
console.log(`${cases.length} cases: ${good} passed, ${cases.length - good} failed`);
for (const failure of failures) console.error(`\n${failure}`);
process.exitCode = failures.length > 0 || cases.length === 0 ? 1 : 0;

function runSuite(): Report {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  try {
    const file = join(folder, 'report.json');
    const args = ['run', '--project', 'node', 'test/conformance'];
    const { stderr } = spawnSync(
      process.execPath,
      ['node_modules/vitest/vitest.mjs', ...args, '--reporter=json', `--outputFile=${file}`],
      { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] },
    );
    try {
      return JSON.parse(readFileSync(file, 'utf8'));
    } catch {
      throw new Error(`The suite did not run: ${stderr}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function describeFailure({ fullName, failureMessages }: (typeof tests)[number]): string {
  return `FAILED ${fullName}\n  ${failureMessages.map((text) => text.split('\n')[0]).join('\n  ')}`;
}

function print(columns: string[], kind: 'heading' | 'row' | 'case' | 'failure' = 'row'): void {
  if (isQuiet && kind !== 'failure') return;
  const widths = [7, 62, 62, 62, 0];
  const line = columns.map((text, index) => text.padEnd(widths[index] as number)).join(' ');
  console.log(line.trimEnd());
}
