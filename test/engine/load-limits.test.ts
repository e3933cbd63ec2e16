import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { LOAD_COUNTERS, type LoadCounter } from '../../src/contracts/load.js';
import type { LoadPlan } from '../../src/contracts/plan.js';
import type { WorkerSample } from '../../src/contracts/resources.js';
import type { LoadResult } from '../../src/contracts/run-result.js';
import { findLimits } from '../../src/engine/load-limits.js';
import { ResourceBook } from '../../src/engine/resource-book.js';

const START_NS = 1000 * NS.s;

const plan: LoadPlan = {
  name: 'audit',
  kind: 'js-consume',
  domains: [],
  schedule: { mode: 'follow' },
  atNs: 0,
  warmUpNs: 0,
  workers: 1,
  params: {},
};

function resultOf(counters: Partial<Record<LoadCounter, number>>): LoadResult {
  const all = Object.fromEntries(LOAD_COUNTERS.map((name) => [name, counters[name] ?? 0])) as Record<
    LoadCounter,
    number
  >;
  const total = { phase: 'total', durationNs: NS.s, counters: all, histograms: {} } as const;
  return { name: plan.name, kind: plan.kind, durationNs: NS.s, phases: [], total };
}

/** A second in which the load received a thousand events, and its thread used so much of a core. */
function limitsOf(cpuShare: number) {
  // What it acknowledges it could not yet do all of, for whatever reason: nothing of it was on a schedule.
  const counters = { received: 1000, due: 1000, sent: 500 };
  const span = { startNs: START_NS, endNs: START_NS + NS.s };
  const book = new ResourceBook(() => NS.s);
  book.start(START_NS);
  book.addReport({
    load: plan.name,
    worker: 0,
    ...span,
    phases: [{ phase: 'steady', counters, histograms: {} }],
    troubles: [],
    pending: 0,
  });
  const sample: WorkerSample = {
    of: 'worker',
    role: 'generator',
    load: plan.name,
    worker: 0,
    ...span,
    cpuNs: cpuShare * NS.s,
    runQueueNs: 0,
    activeNs: cpuShare * NS.s,
    loopDelayP99Ns: 0,
    loopDelayMaxNs: 0,
    gcPauses: 0,
    gcNs: 0,
    gcMaxNs: 0,
    heapBytes: 0,
    heapLimitBytes: 1,
    externalBytes: 0,
    connections: 1,
    socketHeldNs: 0,
  };
  book.add(sample);
  return findLimits([plan], [resultOf(counters)], book);
}

describe('what limited a load that only reacts', () => {
  it('was its own thread where that had no time for what came, which is no schedule missed', () => {
    expect(limitsOf(0.95)).toEqual({
      limits: [
        {
          load: 'audit',
          by: 'generator',
          text: expect.stringMatching(
            /^its thread was saturated while it received 100 % of the events: .* 95 % of a core/,
          ),
        },
      ],
      lateLoads: [],
      findings: [],
    });
  });

  it('was nobody where its thread had time to spare', () => {
    expect(limitsOf(0.3)).toMatchObject({
      limits: [{ load: 'audit', by: 'schedule', text: expect.stringContaining('had time to spare') }],
      findings: [],
    });
  });
});
