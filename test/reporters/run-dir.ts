import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { Reporter } from '../../src/contracts/reporter.js';
import type { SampleRun } from '../support/sample-run.js';

const made: string[] = [];
afterEach(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** A run directory of the test's own, gone when the test has ended. */
export function freshRunDir(): string {
  const directory = mkdtempSync(join(tmpdir(), 'stormglass-reporters-'));
  made.push(directory);
  return directory;
}

/** Tells a reporter a run as the engine does, up to its end. */
export async function tell(reporter: Reporter, run: SampleRun, runDir: string): Promise<void> {
  await reporter.onStart?.({
    runId: run.result.runId,
    plan: run.plan,
    runDir,
    startedAt: new Date(run.result.startedAt),
  });
  reporter.onLoadStart?.(run.startNs);
  for (const report of run.reports) reporter.onReport?.(report);
  for (const sample of run.samples) reporter.onSample?.(sample);
}
