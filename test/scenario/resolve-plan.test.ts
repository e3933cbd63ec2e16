import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { edited, plan, told, VALID } from './plugins.js';

describe('events', () => {
  it('become kinds with their subject and their share of all', () => {
    const { events } = plan(edited(['size: 256B', 'size: 256B, weight: 3']));
    expect(
      events.map(({ subject, weight, size }) => [subject, weight, size.minBytes, size.maxBytes]),
    ).toEqual([
      ['cim.events.orders.Placed', 0.75 * 0.7, 256, 256],
      ['cim.events.orders.Paid', 0.75 * 0.3, 256, 256],
      ['cim.events.telemetry.Sampled', 0.25, 16, 64],
    ]);
  });

  it('have types by weight, by name or by number', () => {
    const types = (text: string) =>
      plan(edited(['[Sampled]', text])).events.filter(({ domain }) => domain === 'telemetry');
    expect(types('[A, B]').map(({ type, weight }) => [type, weight])).toEqual([
      ['A', 0.25],
      ['B', 0.25],
    ]);
    expect(types('8').map(({ type }) => type)).toEqual(['t1', 't2', 't3', 't4', 't5', 't6', 't7', 't8']);
    expect(types('{ A: 3, never: 0, B: 1 }').map(({ type, weight }) => [type, weight])).toEqual([
      ['A', 0.375],
      ['B', 0.125],
    ]);
  });

  it('may be of one domain in several sizes', () => {
    const more = '    - { domain: orders, types: [Exported], size: 64KiB }\nstreams:';
    const { events } = plan(edited(['streams:', more]));
    expect(events.filter(({ domain }) => domain === 'orders').map(({ size }) => size.maxBytes)).toEqual([
      256, 256, 65536,
    ]);
  });

  it('tell the monitor where to listen, and which tokens are the domain and the type', () => {
    expect(plan(VALID).monitor).toEqual({
      port: 9091,
      subject: 'cim.events.>',
      domainToken: 2,
      typeToken: 3,
      ownEvents: true,
    });
    const swapped = edited(
      ['cim.events.{domain}.{type}', 'site.{type}.of.{domain}.v1'],
      ['cim.events.orders.>', 'site.*.of.orders.v1'],
    );
    expect(plan(swapped).monitor).toMatchObject({ subject: 'site.>', domainToken: 3, typeToken: 1 });
    expect(plan(swapped).events[0]?.subject).toBe('site.Placed.of.orders.v1');
  });

  it('are never so many that an operation could not name its subject', () => {
    expect(told(edited(['[Sampled]', '65535']))).toEqual([
      '9:35 events.mix[1].types: a scenario has at most 65535 kinds of event',
    ]);
  });
});

describe('a schedule', () => {
  const stages = (text: string) => {
    const { schedule } = plan(edited(['rate: 20k/s, for: 60s', text])).loads[0] ?? {};
    return schedule?.mode === 'open'
      ? schedule.stages.map(({ fromPerSec, toPerSec, durationNs }) => [
          fromPerSec,
          toPerSec,
          durationNs / NS.s,
        ])
      : schedule;
  };

  it('of a rate is one stage', () => {
    expect(stages('rate: 600/m, for: 1m30s')).toEqual([[10, 10, 90]]);
  });

  it('of stages goes on where the last one ended, from 0 at first', () => {
    expect(stages('stages: [{ to: 5k/s, over: 10s }, { hold: 60s }, { to: 0/s, over: 5s }]')).toEqual([
      [0, 5000, 10],
      [5000, 5000, 60],
      [5000, 0, 5],
    ]);
  });

  it('of stages begins elsewhere when told, and steps in no time', () => {
    expect(
      stages('stages: [{ from: 1k/s, to: 2k/s, over: 10s }, { to: 8k/s, over: 0s }, { hold: 5s }]'),
    ).toEqual([
      [1000, 2000, 10],
      [8000, 8000, 5],
    ]);
  });

  it('of `rate: max` has no due times', () => {
    expect(stages('rate: max, for: 10s')).toEqual({ mode: 'max', durationNs: 10 * NS.s });
  });
});

describe('a load', () => {
  it('selects every domain unless told, and keeps its kind’s parameters apart', () => {
    const [load] = plan(edited(['domains: [telemetry], rate: 20k/s', 'rate: 20k/s, backlog: 5s'])).loads;
    expect(load).toMatchObject({
      domains: ['orders', 'telemetry'],
      workers: 1,
      params: { backlog: 5 * NS.s },
    });
    expect(load?.params).not.toHaveProperty('rate');
  });
});

describe('faults', () => {
  const faults = (text: string) =>
    edited(['  - { at: 20s, kind: node-kill, target: one, restart-after: 10s }', text]);

  it('are numbered in the order in which they are due', () => {
    const { faults: planned } = plan(
      faults(
        '  - { at: 30s, for: 5s, kind: node-pause, target: n2 }\n  - { at: 10s, kind: node-kill, target: leader, restart-after: 4s, signal: SIGTERM }',
      ),
    );
    expect(planned.map(({ seed: _, ...fault }) => fault)).toEqual([
      {
        id: 'fault-1',
        kind: 'node-kill',
        atNs: 10 * NS.s,
        forNs: 4 * NS.s,
        target: { role: 'leader' },
        params: { signal: 'SIGTERM' },
      },
      {
        id: 'fault-2',
        kind: 'node-pause',
        atNs: 30 * NS.s,
        forNs: 5 * NS.s,
        target: { role: 'node', node: 'n2' },
        params: {},
      },
    ]);
  });

  it('on the leader of a stream are resolved when they begin', () => {
    const [fault] = plan(
      faults('  - { at: 5s, kind: node-kill, target: stream-leader(ORDERS), restart-after: 4s }'),
    ).faults;
    expect(fault?.target).toEqual({ role: 'stream-leader', stream: 'ORDERS' });
  });

  it('on `one` hit every node for some seed, and always the same for one', () => {
    const node = (seed: number) => {
      const target = plan(VALID, { seed }).faults[0]?.target;
      return target?.role === 'node' && target.drawn ? target.node : undefined;
    };
    const seeds = Array.from({ length: 30 }, (_, i) => i);
    expect(new Set(seeds.map(node))).toEqual(new Set(['n1', 'n2', 'n3']));
    expect(seeds.map(node)).toEqual(seeds.map(node));
  });

  it('draw apart: one more fault later does not change whom the first hits', () => {
    const first = '  - { at: 10s, kind: node-kill, target: one, restart-after: 4s }';
    const second = '  - { at: 30s, kind: node-kill, target: one, restart-after: 4s }';
    for (let seed = 0; seed < 10; seed++) {
      const alone = plan(faults(first), { seed }).faults[0];
      expect(plan(faults(`${first}\n${second}`), { seed }).faults[0]).toEqual(alone);
    }
  });
});

describe('the seed', () => {
  it('is the option’s, else the scenario’s, else the one that was drawn', () => {
    expect(plan(VALID, { seed: 5 }).seed).toBe(5);
    expect(plan(VALID).seed).toBe(42);
    expect(plan(edited(['seed: 42\n', ''])).seed).toBe(7);
  });

  it('decides everything that is drawn: same text and seed, same plan', () => {
    const duration = fc.integer({ min: 1, max: 9 }).map((s) => `${s}s`);
    const target = fc.constantFrom('one', 'leader', 'stream-leader(ORDERS)', 'n3');
    const fault = fc.record({ target, 'restart-after': duration, kind: fc.constant('node-kill') });
    const rate = fc.integer({ min: 1, max: 1_000_000 }).map((n) => `${n}/s`);
    // Apart in time, since two on one node would contradict each other, and the last of them first.
    const faults = fc
      .array(fault, { minLength: 1, maxLength: 5 })
      .map((all) => all.map((one, i) => ({ ...one, at: `${12 * (all.length - i)}s` })));
    fc.assert(
      fc.property(fc.nat(), rate, faults, (seed, perSec, faults) => {
        const sets = [`faults=${JSON.stringify(faults)}`, `load.orders.rate=${perSec}`];
        const once = plan(VALID, { seed, sets });
        expect(plan(VALID, { seed, sets })).toEqual(once);
        expect(once.faults.map(({ id }) => id)).toEqual(faults.map((_, i) => `fault-${i + 1}`));
        expect(once.faults.every((one, i) => i === 0 || (once.faults[i - 1]?.atNs ?? 0) <= one.atNs)).toBe(
          true,
        );
        // Only what is drawn depends on the seed.
        const other = plan(VALID, { seed: seed + 1, sets });
        const fixed = (of: typeof once) => ({
          ...of,
          seed: 0,
          faults: of.faults.map(({ target: _, seed: __, ...rest }) => rest),
        });
        expect(fixed(other)).toEqual(fixed(once));
      }),
      { seed: 20261122, numRuns: 60 },
    );
  });
});

describe('a check of replicas', () => {
  const DIVERGENCE = ['[acked-loss]', '[divergence]'] as const;
  const ONE_REPLICA = ['replicas: 3 }', 'replicas: 1 }'] as const;

  it('is content with the replicas of what a load makes', () => {
    const kv = '  - { name: prices, kind: kv, bucket: prices, replicas: 3, rate: 100/s, for: 70s }\nfaults:';
    expect(plan(edited(ONE_REPLICA, DIVERGENCE, ['faults:', kv])).checks).toEqual([
      { name: 'divergence', params: {} },
    ]);
  });

  it('is taken for a system of somebody else’s: what is there already nobody knows', () => {
    const external = "driver: external, servers: ['nats://127.0.0.1:4222'], allow: ['127.0.0.1:4222']";
    const RECOVERY = ['  recovery_time: ["max < 30s"]\n', ''] as const;
    const faults = '  - { at: 20s, kind: node-kill, target: one, restart-after: 10s }\n';
    const text = edited(
      ONE_REPLICA,
      DIVERGENCE,
      ['driver: process, nodes: 3', external],
      [faults, ''],
      RECOVERY,
    );
    expect(plan(text.replace('faults:\n', '')).checks).toHaveLength(1);
  });
});

describe('limits', () => {
  it('have defaults, and take durations', () => {
    expect(plan(VALID).limits).toEqual({
      clusterReadyNs: 60 * NS.s,
      steadyNs: 60 * NS.s,
      healNs: 60 * NS.s,
      drainNs: 30 * NS.s,
      finalReadNs: 300 * NS.s,
    });
    expect(plan(`${VALID}limits: { heal: 1m30s, final-read: 20s }\n`).limits).toMatchObject({
      healNs: 90 * NS.s,
      finalReadNs: 20 * NS.s,
    });
  });
});

describe('a plan', () => {
  it('is plain data, which JSON keeps as it is', () => {
    const once = plan(VALID);
    expect(JSON.parse(JSON.stringify(once))).toEqual(once);
    expect(structuredClone(once)).toEqual(once);
  });
});
