import { join } from 'node:path';
import type { Reporter } from '../contracts/reporter.js';
import { buildSummary } from './build-summary.js';
import { writeWholeFile } from './whole-file.js';

/** summary.json: what a script needs of a run, in a versioned schema (src/contracts/summary.ts). */
export function createSummaryReporter({ runDir }: { readonly runDir: string }): Reporter {
  return {
    name: 'summary.json',
    onEnd: (result) =>
      writeWholeFile(join(runDir, 'summary.json'), `${JSON.stringify(buildSummary(result), null, 2)}\n`),
  };
}
