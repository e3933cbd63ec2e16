import { describe, expect, it } from 'vitest';
import { LOAD_KINDS } from '../../src/app/plugins.js';
import {
  LOAD_COUNTERS,
  type LoadCounter,
  type LoadKindFacts,
  type LoadNotice,
} from '../../src/contracts/load.js';
import type { LoadPlan } from '../../src/contracts/plan/loads.js';
import type { PhaseName } from '../../src/contracts/plan/phase.js';
import type { LoadPhaseResult, LoadResult } from '../../src/contracts/run-result.js';
import { type CoreDeliverySources, coreDeliveries } from '../../src/engine/core-deliveries.js';
import { MonitorSight } from '../../src/engine/monitor-sight.js';

type Counts = Partial<Record<LoadCounter, number>>;

const phase = (name: PhaseName | 'total', counts: Counts): LoadPhaseResult => ({
  phase: name,
  durationNs: 1e9,
  counters: Object.fromEntries(LOAD_COUNTERS.map((counter) => [counter, counts[counter] ?? 0])) as Record<
    LoadCounter,
    number
  >,
  histograms: {},
});

const result = (name: string, kind: string, total: Counts, warmUp?: Counts): LoadResult => ({
  name,
  kind,
  durationNs: 1e9,
  phases: warmUp ? [phase('warm-up', warmUp)] : [],
  total: phase('total', total),
});

const notice = (load: string, kind: LoadNotice['kind'], text: string, atNs = 0, count = 1): LoadNotice => ({
  load,
  worker: 0,
  kind,
  text,
  atNs,
  count,
});

const factsOf = (kind: string): LoadKindFacts => LOAD_KINDS.find((each) => each.kind === kind)!.facts;

function deliveries(results: readonly LoadResult[], more: Partial<CoreDeliverySources> = {}) {
  return coreDeliveries({
    plans: results.map(({ name, kind }) => ({ name, kind, params: {} }) as unknown as LoadPlan),
    results,
    notices: [],
    sight: new MonitorSight(),
    servers: { restarted: [] },
    nodeEvents: [],
    faults: [],
    loadFacts: factsOf,
    ...more,
  });
}

describe('what became of core events', () => {
  it('is told of loads that nobody acknowledges, the warm-up included', () => {
    const counts = { sent: 100, ok: 99, unknown: 1, received: 95, lost: 4 };
    const told = deliveries([
      result('tele', 'publish', counts, { sent: 10, ok: 10, received: 10 }),
      result('orders', 'js-publish', { sent: 50, ok: 50, received: 50 }),
      result('eat', 'js-consume', { received: 50 }),
      result('cache', 'kv', { sent: 5, ok: 5 }),
    ]);
    expect(told).toEqual([
      {
        load: 'tele',
        sent: 110,
        received: 105,
        lost: 4,
        explanations: ['1 were sent on a connection that ended before they had left it'],
      },
    ]);
  });

  it('is told of subscribers by what their numbers say they missed, unless they share in a queue group', () => {
    const heard = result('ears', 'subscribe', { received: 90, lost: 10 });
    expect(deliveries([heard])).toEqual([
      { load: 'ears', sent: 100, received: 90, lost: 10, explanations: [] },
    ]);
    const shared = {
      plans: [{ name: 'ears', kind: 'subscribe', params: { queue: 'q' } } as unknown as LoadPlan],
    };
    expect(deliveries([heard], shared)).toEqual([]);
  });

  it('names all that may have lost some, with how often and the first text of each', () => {
    const sight = new MonitorSight();
    sight.add({ ...notice('monitor', 'disconnected', 'connection reset', 1e9), worker: -1 });
    sight.add({ ...notice('monitor', 'reconnected', 'to n2', 3e9), worker: -1 });
    const [told] = deliveries([result('tele', 'publish', { sent: 10, ok: 10, received: 8, lost: 2 })], {
      sight,
      notices: [
        notice('tele', 'disconnected', 'later', 9, 2),
        notice('tele', 'disconnected', 'earlier', 8),
        notice('other', 'disconnected', 'not ours'),
        notice('monitor', 'slow-consumer', 'cut off by n1: Slow Consumer (Pending Bytes)'),
      ],
      servers: { restarted: ['n3'], slowConsumers: 2 },
      nodeEvents: [{ node: 'n1', what: 'crashed', detail: 'exit code 2' }],
      faults: [
        { kind: 'node-kill', injectedNs: 5 },
        { kind: 'partition', injectedNs: 0 },
      ],
    });
    expect(told?.explanations).toEqual([
      'the monitor was blind for 2 s in all, once, first: connection reset',
      'monitor: slow-consumer once, first: cut off by n1: Slow Consumer (Pending Bytes)',
      'tele: disconnected 3 times, first: earlier',
      'the servers met 2 slow consumers',
      'servers were restarted, or are gone: n3',
      'servers crashed once, first: n1: exit code 2',
      '1 faults were made, the first of kind node-kill',
    ]);
  });
});
