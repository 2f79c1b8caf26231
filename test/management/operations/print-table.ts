// The 53 operations as a table, from the JSON reports of the suites that hold them:
//   npx vitest run --project node --reporter=json --outputFile=A.json test/management/operations.test.ts
//   OKTA_DESCRIPTION=… npx vitest run --project contract --reporter=json --outputFile=B.json
//   npx tsx test/management/operations/print-table.ts A.json B.json
import { readFileSync } from 'node:fs';
import { operations } from '../../support/okta/operations.ts';
import { rows } from './rows.ts';

interface Result {
  readonly ancestorTitles: readonly string[];
  readonly title: string;
  readonly status: string;
}

function resultsOf(file: string | undefined): Result[] {
  if (!file) return [];
  const { testResults } = JSON.parse(readFileSync(file, 'utf8'));
  return testResults.flatMap(
    ({ assertionResults }: { assertionResults: Result[] }) => assertionResults,
  );
}

const [own, contract] = process.argv.slice(2).map(resultsOf);

/** `yes`, or how many of the tests failed; `-` where none was run. */
function verdict(results: readonly Result[]): string {
  const bad = results.filter(({ status }) => status !== 'passed').length;
  if (results.length === 0) return '-';
  return bad === 0 ? 'yes' : `${bad} of ${results.length} failed`;
}

const header = [
  'operation',
  'method and path',
  'call',
  'success',
  'by DPoP',
  'errors tested (times)',
  'requests by Prism',
  'error examples by Prism',
];
const lines = rows.map(({ call, operation, status }) => {
  const title = `${operation} · ${call}`;
  const of = (results: readonly Result[] = []) =>
    results.filter(({ ancestorTitles }) => ancestorTitles.includes(title));
  const tests = of(own);
  const { method, path } = operations.find(({ id }) => id === operation) ?? {};
  const errors = [400, 401, 403, 404, 429].flatMap((code) => {
    const found = tests.filter((test) => test.title.startsWith(`${code} `));
    if (found.length === 0) return [];
    const times = found.length > 1 ? ` (${found.length})` : '';
    return [`${code}${times} ${verdict(found)}`];
  });
  const examples = of(contract).filter((test) => test.title.startsWith('takes the example'));
  return [
    operation,
    `${method} ${path}`,
    call,
    `${status} ${verdict(tests.filter((test) => test.title.endsWith(`· ${status}`)))}`,
    verdict(tests.filter((test) => test.title.startsWith('by a service app'))),
    errors.join(', '),
    verdict(of(contract).filter((test) => !examples.includes(test))),
    `${verdict(examples)} (${examples.length})`,
  ];
});
for (const line of [header, header.map(() => '---'), ...lines]) {
  process.stdout.write(`| ${line.join(' | ')} |\n`);
}
