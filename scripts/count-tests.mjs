// Prints `PASSED FAILED` for a JSON report of vitest. A file that did not load, a skipped test and
// a run that failed without a failing test are failures too: none of them proved anything.
// Usage: count-tests.mjs REPORT EXIT_STATUS
import { readFileSync } from 'node:fs';

const [path, status] = process.argv.slice(2);
const { testResults } = JSON.parse(readFileSync(path, 'utf8'));
let passed = 0;
let failed = 0;
for (const { assertionResults, name, status: fileStatus, message } of testResults) {
  for (const test of assertionResults) {
    if (test.status === 'passed') passed += 1;
    else failed += 1;
    if (test.status !== 'passed') console.error(`${test.status}: ${test.fullName} (${name})`);
  }
  if (assertionResults.length === 0 || (fileStatus === 'failed' && message !== '')) {
    failed += 1;
    console.error(`no verdict: ${name} ${message}`);
  }
}
if (failed === 0 && (status !== '0' || passed === 0)) failed = 1;
console.log(`${passed} ${failed}`);
