import { NS } from '../../../src/base/clock.js';
import type { Plan } from '../../../src/contracts/plan.js';
import type { SampleStory } from './story.js';

export function samplePlan(name: string, story: SampleStory): Plan {
  const { seed, seconds, ordersPerSec, firehosePerSec, faultFromNs, faultToNs } = story;
  const flat = (perSec: number) => ({
    mode: 'open' as const,
    arrival: { kind: 'constant' as const },
    unit: 'operations' as const,
    stages: [{ fromPerSec: perSec, toPerSec: perSec, durationNs: seconds * NS.s }],
  });
  return {
    version: 1,
    name,
    seed,
    cluster: { driver: 'process', params: { nodes: 3 }, nodeNames: ['n1', 'n2', 'n3'] },
    events: [
      {
        domain: 'orders',
        type: 'Placed',
        subject: 'cim.events.orders.Placed',
        weight: 1,
        size: { minBytes: 256, maxBytes: 256 },
      },
      {
        domain: 'telemetry',
        type: 'Sampled',
        subject: 'cim.events.telemetry.Sampled',
        weight: 1,
        size: { minBytes: 64, maxBytes: 64 },
      },
    ],
    streams: [{ name: 'ORDERS', subjects: ['cim.events.orders.>'], config: { num_replicas: 3 } }],
    loads: [
      {
        name: 'orders',
        kind: 'js-publish',
        domains: ['orders'],
        schedule: flat(ordersPerSec),
        atNs: 0,
        warmUpNs: 0,
        workers: 1,
        params: {},
      },
      {
        name: 'firehose',
        kind: 'publish',
        domains: ['telemetry'],
        schedule: flat(firehosePerSec),
        atNs: 0,
        warmUpNs: 0,
        workers: 2,
        params: {},
      },
    ],
    faults: [
      {
        id: 'fault-1',
        kind: 'node-kill',
        atNs: faultFromNs,
        forNs: faultToNs - faultFromNs,
        target: { role: 'stream-leader', stream: 'ORDERS' },
        params: {},
        seed: 1,
      },
    ],
    guards: { abortOn: [], allowsQuorumLoss: false },
    steadyState: { probes: [], everyNs: 0 },
    checks: [{ name: 'acked-loss', params: {} }],
    thresholds: [],
    monitor: { port: 9091, subject: 'cim.events.>', domainToken: 2, typeToken: 3 },
    limits: {
      clusterReadyNs: 30 * NS.s,
      steadyNs: 30 * NS.s,
      healNs: 30 * NS.s,
      drainNs: 30 * NS.s,
      finalReadNs: 60 * NS.s,
    },
  };
}
