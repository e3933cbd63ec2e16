import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { planScenario } from '../../src/app/plan-scenario.js';
import { LOAD_KINDS } from '../../src/app/plugins.js';
import type { Cluster } from '../../src/contracts/cluster.js';
import type { LoadKindFacts } from '../../src/contracts/load.js';
import { generatorTasks } from '../../src/engine/generator-tasks.js';

const MOST_WRITERS = 65_536;

const plan = planScenario({
  file: fileURLToPath(new URL('../../scenarios/smoke.yaml', import.meta.url)),
  sets: [],
});

const writersOf = (runId: string): number[] => {
  const tasks = generatorTasks(
    {
      plan: { ...plan, loads: plan.loads.map((load) => ({ ...load, workers: 4 })) },
      runId,
      historyDir: '/nowhere',
      services: {
        loadFacts: (kind) => LOAD_KINDS.find((each) => each.kind === kind)?.facts as LoadKindFacts,
      },
      cluster: { access: { servers: [] } } as unknown as Cluster,
    },
    new SharedArrayBuffer(8),
  );
  return tasks.map(({ writer }) => writer);
};

it('numbers the writers of a run on from a number of its own, so that two runs on one stream are told apart', () => {
  const runs = Array.from({ length: 50 }, (_, i) => writersOf(`run-${i}`));
  for (const [first = -1, ...others] of runs) {
    expect(others).toEqual(others.map((_, i) => first + 1 + i));
    expect(others.length).toBeGreaterThan(2);
    expect(first).toBeGreaterThanOrEqual(0);
    expect(first + others.length).toBeLessThan(MOST_WRITERS);
  }
  // Of 65,536 numbers, fifty runs seldom draw the same.
  expect(new Set(runs.map(([first]) => first)).size).toBeGreaterThan(45);
  expect(writersOf('run-7')).toEqual(runs[7]);
});
