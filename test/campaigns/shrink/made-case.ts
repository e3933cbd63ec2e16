import type { ShrinkCase } from '../../../src/campaigns/shrink/case.js';
import type { FaultPlan } from '../../../src/contracts/plan/faults.js';
import type { LoadPlan } from '../../../src/contracts/plan/loads.js';

const S = 1e9;

export const madeFault = (id: number, atSec = 10 * id, forSec = 4): FaultPlan => ({
  id: `fault-${id}`,
  kind: 'node-kill',
  atNs: atSec * S,
  forNs: forSec * S,
  target: { role: 'leader' },
  params: {},
  seed: id,
});

export const madeLoad = (name: string, perSec = 1000, forSec = 100): LoadPlan => ({
  name,
  kind: 'js-publish',
  domains: ['orders'],
  schedule: {
    mode: 'open',
    stages: [{ fromPerSec: perSec, toPerSec: perSec, durationNs: forSec * S }],
    arrival: { kind: 'constant' },
    unit: 'operations',
  },
  atNs: 0,
  warmUpNs: 0,
  workers: 1,
  params: {},
});

/** So many faults of 4 s, ten seconds apart, in a load of 100 s on five nodes. */
export const madeCase = (faults: number, loads: readonly string[] = ['orders']): ShrinkCase => ({
  faults: Array.from({ length: faults }, (_, i) => madeFault(i + 1)),
  loads: loads.map((name) => madeLoad(name)),
  nodes: 5,
});
