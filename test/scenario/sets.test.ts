import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import { plan, told, VALID } from './plugins.js';

const set = (...sets: string[]) => plan(VALID, { sets });
const refusal = (...sets: string[]) => told(VALID, { sets });

describe('--set puts a value into the scenario', () => {
  it('by the name of a load, a stream or a domain', () => {
    const changed = set(
      'load.orders.rate=1k/s',
      'streams.ORDERS.replicas=1',
      'events.mix.telemetry.size=1KiB',
    );
    expect(changed.loads[1]?.schedule).toMatchObject({ stages: [{ toPerSec: 1000 }] });
    expect(changed.streams[0]?.config.num_replicas).toBe(1);
    expect(changed.events[2]?.size).toEqual({ minBytes: 1024, maxBytes: 1024 });
  });

  it('by index, in either form', () => {
    expect(set('load[1].workers=2').loads[1]?.workers).toBe(2);
    expect(set('load.1.workers=2').loads[1]?.workers).toBe(2);
    expect(set('faults[0].at=5s').faults[0]?.atNs).toBe(5 * NS.s);
  });

  it('of any form that YAML has, equals signs included', () => {
    expect(set('checks=[acked-loss, duplicates]').checks).toEqual([
      { name: 'acked-loss', params: {} },
      { name: 'duplicates', params: {} },
    ]);
    expect(set('load[0]={ name: max, kind: publish, rate: max, for: 5s }').loads[0]?.schedule.mode).toBe(
      'max',
    );
    expect(set('thresholds.orders.dropped=["ratio == 0"]').thresholds.at(-1)?.text).toBe(
      'orders.dropped ratio == 0',
    );
  });

  it('at a key with dots in it', () => {
    const [threshold] = set('thresholds.orders.ack_latency[0].expect=p50 < 1s').thresholds;
    expect(threshold?.text).toBe('orders.ack_latency p50 < 1s during steady');
    expect(set('thresholds["orders.ack_latency"][0].during=faults').thresholds[0]?.during).toBe('faults');
  });

  it('where the file has nothing yet', () => {
    expect(set('monitor.port=0').monitor.port).toBe(0);
    expect(set('cluster.config.debug=true').cluster.params.config).toEqual({ debug: true });
    const added = set('faults[1]={ at: 40s, for: 5s, kind: node-pause, target: leader }').faults;
    expect(added.map(({ id, kind }) => [id, kind])).toEqual([
      ['fault-1', 'node-kill'],
      ['fault-2', 'node-pause'],
    ]);
  });

  it('one after the other, the last one winning', () => {
    expect(set('seed=1', 'seed=2').seed).toBe(2);
  });
});

describe('--set refuses', () => {
  it.each([
    [
      'a value that may not stand there, naming the option and no line',
      'load.orders.rate=5',
      '--set load.orders.rate=5 load[1].rate: expected a rate above zero with its unit, such as 20k/s, 600/m or 200MiB/s, or max, but it is `5`',
    ],
    [
      'a key that the format does not have',
      'load.orders.raet=5k/s',
      '--set load.orders.raet=5k/s load[1].raet: unknown key `raet` → Did you mean `rate`?',
    ],
    [
      'a section that the format does not have',
      'laod.orders.rate=5k/s',
      '--set laod.orders.rate=5k/s laod: unknown key `laod` → Did you mean `load`?',
    ],
    [
      'a load that is not there',
      'load.order.rate=5k/s',
      '--set load.order.rate=5k/s: nothing in load is named `order` → Did you mean `orders`?',
    ],
    [
      'an index that is not there',
      'load[7].rate=5k/s',
      '--set load[7].rate=5k/s: there is no load[7]: its items are 0 to 1 → load[2] adds one.',
    ],
    [
      'a name where items have none',
      'faults.first.at=5s',
      '--set faults.first.at=5s: nothing in faults is named `first` → Name it by its index: faults[0].',
    ],
    [
      'what lies inside a value',
      'name.x=5',
      '--set name.x=5: name is a value; there is nothing in it to set → Set name itself.',
    ],
    [
      'what is no assignment',
      'load.orders.rate',
      '--set load.orders.rate: expected path=value → Write it as --set load.orders.rate=1k/s or --set "faults[0].at=20s".',
    ],
    [
      'what is no path',
      'load..rate=5',
      '--set load..rate=5: expected path=value → Write it as --set load.orders.rate=1k/s or --set "faults[0].at=20s".',
    ],
    ['what is no YAML', 'checks=[a', /^--set checks=\[a: the value is not YAML: .* → Write it as/],
    ['an alias to nothing', 'name=*nobody', /^--set name=\*nobody: the value is not YAML: /],
  ])('%s', (_, option, expected) => {
    const [first, ...others] = refusal(option);
    expect(others).toEqual([]);
    if (typeof expected === 'string') expect(first).toBe(expected);
    else expect(first).toMatch(expected);
  });

  it('after all errors of the file', () => {
    expect(told(VALID.replace('nodes: 3', 'nodes: 0'), { sets: ['seed=x'] })).toEqual([
      '4:36 cluster.nodes: a cluster needs at least one server',
      '--set seed=x seed: expected a whole number from 0 to 9007199254740991, such as 42, but it is `x`',
    ]);
  });
});
