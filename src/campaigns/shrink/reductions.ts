import { NS } from '../../base/clock.js';
import type { FaultPlan } from '../../contracts/plan/faults.js';
import type { LoadPlan } from '../../contracts/plan/loads.js';
import { faultsEndNs, loadEndNs, type ShrinkCase } from './case.js';
import { cutTime } from './cut-time.js';
import { ddmin } from './ddmin.js';
import { furthestLevel, halvings } from './furthest-level.js';
import { lowerPace } from './lower-pace.js';

/** Whether a case still fails; each that does is smaller than the one before it that did. */
export type Fails = (candidate: ShrinkCase) => Promise<boolean>;

/** Makes a case that fails as small as it can in one way. */
export type Reduction = (from: ShrinkCase, fails: Fails) => Promise<ShrinkCase>;

const SHORTEST_FAULT_NS = 250 * NS.ms;
const SHORTEST_PAUSE_NS = 250 * NS.ms;
/** Load after the last fault, in which what it did can be seen; and all of it where there is no fault. */
const SHORTEST_END_NS = 500 * NS.ms;
/** A run that does less in a second says little of anything. */
const LEAST_PACE = 10;

const fewerFaults: Reduction = async (from, fails) => ({
  ...from,
  faults: await ddmin(from.faults, (faults) => fails({ ...from, faults })),
});

const shorterFaults: Reduction = async (from, fails) => {
  let now = from;
  for (const [i, { forNs }] of from.faults.entries()) {
    const holding = (ns: number): ShrinkCase => ({ ...now, faults: replaced(now.faults, i, { forNs: ns }) });
    now = await furthest(now, halvings(forNs, SHORTEST_FAULT_NS).map(wholeMs), holding, fails);
  }
  return now;
};

const fewerLoads: Reduction = async (from, fails) => ({
  ...from,
  loads: await ddmin(from.loads, async (loads) => loads.length > 0 && fails({ ...from, loads })),
});

const lowerPaces: Reduction = async (from, fails) => {
  const names = from.loads.map(({ name }) => name);
  let now = await lowerTogether(from, names, fails);
  if (names.length === 1) return now;
  for (const name of names) now = await lowerTogether(now, [name], fails);
  return now;
};

/** Less time after the last fault, before the first, and between one and the next. */
const shorterLoad: Reduction = async (from, fails) => {
  let now = from;
  const endNs = faultsEndNs(now);
  const rests = halvings(loadEndNs(now) - endNs, SHORTEST_END_NS).map(wholeTenths);
  now = await furthest(now, rests, (rest) => cutTime(now, endNs + rest, Number.POSITIVE_INFINITY), fails);
  for (let i = 0; i < now.faults.length; i++) {
    const { atNs } = now.faults[i] as FaultPlan;
    const endedNs = Math.max(0, ...now.faults.slice(0, i).map((fault) => fault.atNs + fault.forNs));
    const pauses = halvings(atNs - endedNs, SHORTEST_PAUSE_NS).map(wholeMs);
    now = await furthest(now, pauses, (pause) => cutTime(now, endedNs + pause, atNs), fails);
  }
  return now;
};

const oneWorkerEach: Reduction = async (from, fails) => {
  if (from.loads.every(({ workers }) => workers <= 1)) return from;
  const fewer = {
    ...from,
    loads: from.loads.map((load) => ({ ...load, workers: Math.min(1, load.workers) })),
  };
  return (await fails(fewer)) ? fewer : from;
};

/** The fewest first; an even number of nodes can do without no more of them than the odd one below it. */
const fewerNodes: Reduction = async (from, fails) => {
  const { nodes = 1 } = from;
  for (let fewer = 1; fewer < nodes; fewer += 2) {
    const candidate = { ...from, nodes: fewer };
    if (await fails(candidate)) return candidate;
  }
  return from;
};

/** In the order in which they are made. */
export const REDUCTIONS: readonly Reduction[] = [
  fewerFaults,
  shorterFaults,
  fewerLoads,
  lowerPaces,
  oneWorkerEach,
  shorterLoad,
  fewerNodes,
];

async function furthest(
  from: ShrinkCase,
  levels: readonly number[],
  caseAt: (level: number) => ShrinkCase,
  fails: Fails,
): Promise<ShrinkCase> {
  const cases = levels.map(caseAt);
  return cases[await furthestLevel(cases, fails)] ?? from;
}

async function lowerTogether(from: ShrinkCase, names: readonly string[], fails: Fails): Promise<ShrinkCase> {
  const fastest = Math.max(0, ...from.loads.filter(({ name }) => names.includes(name)).map(paceOf));
  const shares = halvings(fastest, LEAST_PACE).map((perSec) => perSec / fastest);
  const at = (share: number): ShrinkCase => ({
    ...from,
    loads: from.loads.map((load) => (names.includes(load.name) ? lowerPace(load, share) : load)),
  });
  return furthest(from, shares, at, fails);
}

/** What halvings count: operations a second, or in flight, or in all. */
function paceOf({ schedule }: LoadPlan): number {
  if (schedule.mode === 'open') {
    return Math.max(...schedule.stages.flatMap(({ fromPerSec, toPerSec }) => [fromPerSec, toPerSec]));
  }
  if (schedule.mode === 'closed') return schedule.concurrency * LEAST_PACE;
  return schedule.mode === 'max' ? (schedule.count ?? 0) : 0;
}

const replaced = (
  faults: readonly FaultPlan[],
  at: number,
  change: Partial<FaultPlan>,
): readonly FaultPlan[] => faults.map((fault, i) => (i === at ? { ...fault, ...change } : fault));

const wholeMs = (ns: number): number => Math.ceil(ns / NS.ms) * NS.ms;
const wholeTenths = (ns: number): number => Math.ceil(ns / (100 * NS.ms)) * 100 * NS.ms;
