import { describe, expect, it } from 'vitest';
import { placeOf } from '../../../src/app/shrink/original-scenario.js';
import { editScenario, type ScenarioChange } from '../../../src/scenario/write/edit-scenario.js';
import { plan as planOf, plugins } from '../plugins.js';

const TEXT = `# yaml-language-server: $schema=../schema/scenario.schema.json
# What our orders go through.
version: 1
name: shop
cluster: { driver: process, nodes: 5 } # as in production
events:
  mix:
    - { domain: orders, types: { Placed: 70, Paid: 30 }, size: 256B }
    - { domain: telemetry, types: [Sampled], size: 16B..64B }
streams:
  - { name: ORDERS, subjects: [cim.events.orders.>], replicas: 3 }
load:
  - { name: firehose, kind: publish, domains: [telemetry], rate: 20k/s, for: 60s }
  # what is promised
  - name: orders
    kind: js-publish
    domains: [orders]
    warm-up: 5s
    stages: [{ to: 2k/s, over: 10s }, { hold: 60s }]
faults:
  - at: 10s
    until: 60s
    nemesis:
      - { kind: node-kill, target: one, restart-after: 2s..8s }
      - { kind: partition, shape: pair, target: follower, for: 1s..3s }
guards: { abort-on: [firehose.dropped ratio > 0.5, backlog > 1M] }
checks: [acked-loss]
thresholds:
  firehose.dropped: ["ratio == 0"]
  orders.ack_latency: ["p99 < 1s", { expect: p99 < 9s, during: faults }]
  recovery_time: ["max < 30s"]
monitor: { port: 0 }
`;

const plan = planOf(TEXT, { seed: 11 });
const scenario = { text: TEXT, file: 's.yaml', sets: [], plan };
const edit = (change: Partial<ScenarioChange>, more = {}) =>
  editScenario(
    scenario,
    { faults: plan.faults, loads: plan.loads, ...change },
    { plugins, place: placeOf('s.yaml'), ...more },
  );

describe('a scenario that is made smaller', () => {
  it('names nodes that were drawn, gives what draws its seed, and keeps its comments', () => {
    const [kill, cut] = [
      plan.faults.find(({ kind }) => kind === 'node-kill'),
      plan.faults.find(({ kind }) => kind === 'partition'),
    ];
    const text = edit({ faults: [{ ...kill!, atNs: 1.5e9, forNs: 250e6 }, cut!] });
    const node = kill?.target.role === 'node' ? kill.target.node : '';
    expect(text).toContain(`  - { at: 1.5s, restart-after: 250ms, kind: node-kill, target: ${node} }`);
    expect(text).toContain(`target: follower, shape: pair, seed: ${cut?.seed} }`);
    expect(text).toContain('# What our orders go through.');
    expect(text).toContain('# as in production');
    expect(text).toContain('  # what is promised');
    expect(text).toContain('seed: 11');
    expect(planOf(text).faults.map(({ seed }) => seed)[1]).toBe(cut?.seed);
  });

  it('drops what speaks of a load that is gone', () => {
    const text = edit({ loads: plan.loads.filter(({ name }) => name === 'orders') });
    expect(text).not.toContain('firehose');
    expect(text).toContain('backlog > 1M');
    expect(planOf(text).loads.map(({ name }) => name)).toEqual(['orders']);
  });

  it('drops what speaks of faults when there are none', () => {
    const text = edit({ faults: [] });
    expect(text).toContain('faults: []');
    expect(planOf(text).thresholds.map(({ text: each }) => each)).toEqual([
      'firehose.dropped ratio == 0',
      'orders.ack_latency p99 < 1s',
    ]);
  });

  it('writes a load that was cut and slowed down', () => {
    const [firehose, orders] = plan.loads;
    const text = edit({
      faults: [],
      loads: [
        {
          ...firehose!,
          schedule: {
            ...firehose!.schedule,
            mode: 'open',
            unit: 'operations',
            arrival: { kind: 'constant' },
            stages: [{ fromPerSec: 125, toPerSec: 125, durationNs: 1.5e9 }],
          },
        },
        {
          ...orders!,
          warmUpNs: 0,
          schedule: {
            mode: 'open',
            unit: 'operations',
            arrival: { kind: 'constant' },
            stages: [
              { fromPerSec: 0, toPerSec: 100, durationNs: 1e9 },
              { fromPerSec: 100, toPerSec: 100, durationNs: 2e9 },
            ],
          },
        },
      ],
    });
    expect(text).toContain('domains: [telemetry], rate: 125/s, for: 1.5s }');
    expect(text).toContain('stages: [{ from: 0/s, to: 100/s, over: 1s }, { step: 100/s, for: 2s }]');
    expect(text).not.toContain('warm-up');
  });

  it('has overrides in its text, and fewer nodes', () => {
    const sets = ['load.firehose.rate=1k/s', 'cluster.nodes=3'];
    const text = editScenario(
      { ...scenario, sets, plan: planOf(TEXT, { sets, seed: 11 }) },
      { faults: [], loads: planOf(TEXT, { sets, seed: 11 }).loads, nodes: 3 },
      { plugins, place: placeOf('s.yaml') },
    );
    expect(text).toContain('rate: 1k/s');
    expect(planOf(text).cluster.nodeNames).toHaveLength(3);
  });

  it('writes aliases out, because what they refer to may go', () => {
    const aliased = TEXT.replace(
      '  - { name: firehose, kind: publish,',
      '  - { name: firehose, workers: &w 2, kind: publish,',
    ).replace('    warm-up: 5s', '    workers: *w');
    const was = planOf(aliased, { seed: 11 });
    const text = editScenario(
      { ...scenario, text: aliased, plan: was },
      { faults: [], loads: was.loads.slice(1) },
      { plugins, place: placeOf('s.yaml') },
    );
    expect(planOf(text).loads).toMatchObject([{ name: 'orders', workers: 2 }]);
  });

  it('stands below its head, and in another folder without the place of its schema', () => {
    const text = edit({ faults: [] }, { head: ['Shrunk.', ''], paths: new Map() });
    expect(text.startsWith('# Shrunk.\n#\n\n# What our orders')).toBe(true);
    expect(text).not.toContain('yaml-language-server');
    expect(edit({ faults: [] })).toContain('yaml-language-server');
  });
});
