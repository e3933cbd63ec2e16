// The end of `.ci/run`: what failed, with its words, and then one plain line with the sum of all.
//
//   node scripts/sum-results.mjs RESULTS.json… STEP=STATUS…
//
// RESULTS.json is what vitest's json reporter wrote; STEP=STATUS is a step that counts as one test more.
// What is printed last is what remains readable where only the end of an output is kept.
import { readFileSync } from 'node:fs';

/** Enough for an assertion with its difference and the place in the test, not for a stack to its roots. */
const LINES_OF_A_MESSAGE = 30;

const sum = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const fail = (what, words = '') => {
  sum.failed += 1;
  failures.push(`✗ ${what}${words && `\n${indent(words)}`}`);
};
const indent = (words) =>
  words
    .split('\n')
    .slice(0, LINES_OF_A_MESSAGE)
    .map((line) => `    ${line}`)
    .join('\n');

for (const argument of process.argv.slice(2)) {
  const step = /^([\w :/.-]+)=(\d+)$/.exec(argument);
  if (step) {
    if (step[2] === '0') sum.passed += 1;
    else fail(`${step[1]} ended with ${step[2]}`);
    continue;
  }
  let results;
  try {
    results = JSON.parse(readFileSync(argument, 'utf8'));
  } catch (error) {
    fail(`no results in ${argument}: what should have written them ended before`, String(error));
    continue;
  }
  for (const file of results.testResults) {
    for (const { status, fullName, failureMessages } of file.assertionResults) {
      if (status === 'passed') sum.passed += 1;
      else if (status === 'failed') fail(`${file.name}\n  ${fullName}`, failureMessages.join('\n'));
      else sum.skipped += 1;
    }
    // A file that could not be loaded, or whose afterAll threw, has no test of its own that failed.
    const hasFailedTest = file.assertionResults.some(({ status }) => status === 'failed');
    if (file.status === 'failed' && !hasFailedTest) fail(file.name, file.message);
  }
  // An error that no test caught fails the run with every test passed.
  if (!results.success && results.numFailedTests === 0 && results.numFailedTestSuites === 0) {
    fail(`${argument}: every test passed and the run failed; its output has an unhandled error`);
  }
}

if (failures.length > 0) console.log(`\n== what failed\n\n${failures.join('\n\n')}\n`);
const skipped = sum.skipped > 0 ? `, ${sum.skipped} skipped` : '';
console.log(`${sum.passed} passed, ${sum.failed} failed${skipped}`);
process.exitCode = sum.failed > 0 ? 1 : 0;
