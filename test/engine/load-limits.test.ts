import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { LOAD_COUNTERS, type LoadCounter } from '../../src/contracts/load.js';
import type { LoadPlan } from '../../src/contracts/plan/loads.js';
import type { LoadResult } from '../../src/contracts/run-result.js';
import { findLimits } from '../../src/engine/load-limits.js';
import { ResourceBook } from '../../src/engine/resource-book.js';
import { START_NS, second, workerSample } from './made-samples.js';

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
  const book = new ResourceBook(() => NS.s);
  book.start(START_NS);
  book.addReport({
    load: plan.name,
    worker: 0,
    ...second(0),
    phases: [{ phase: 'steady', counters, histograms: {} }],
    troubles: [],
    pending: 0,
  });
  book.add(workerSample(0, cpuShare, { load: plan.name }));
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
