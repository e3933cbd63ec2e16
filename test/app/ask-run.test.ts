import { expect, it } from 'vitest';
import { findRunning, statusOfRuns } from '../../src/app/ask-run.js';
import { RunRegistry } from '../../src/undo/run-registry.js';
import { deadProcess, TestRun } from '../undo/support/test-run.js';

it('tells of a run that died whether its watchdog is at it, or nobody', async () => {
  await using run = new TestRun();
  const registry = new RunRegistry(run.stateDir);
  expect(await statusOfRuns(run)).toEqual([]);

  const died = await deadProcess();
  registry.write({ ...run.entry(died), watchdog: await run.startMarked() });
  const [undoing] = await statusOfRuns(run);
  expect(undoing).toMatchObject({ died: true, entry: { runId: run.runId } });
  expect(undoing).toHaveProperty('problem', expect.stringMatching(/has died, and its watchdog undoes/));

  for (const watchdog of [await deadProcess(), undefined]) {
    registry.write({ ...run.entry(died), ...(watchdog && { watchdog }) });
    const [left] = await statusOfRuns(run);
    expect(left).toHaveProperty('problem', expect.stringContaining('run `stormglass recover`'));
  }
  // It is not there to be asked.
  expect(() => findRunning(run)).toThrow('no run goes on');

  registry.write({ ...run.entry(died), host: 'elsewhere' });
  expect(await statusOfRuns(run)).toEqual([]);
});
