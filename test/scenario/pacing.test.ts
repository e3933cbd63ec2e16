import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { NS } from '../../src/base/clock.js';
import type { LoadKindFacts } from '../../src/contracts/load.js';
import type { LoadPlan } from '../../src/contracts/plan/loads.js';
import type { LoadPlugin, ScenarioPlugins } from '../../src/scenario/plugins.js';
import { scenarioJsonSchema } from '../../src/scenario/scenario-json-schema.js';
import { formatTimeline } from '../../src/scenario/timeline.js';
import { edited, plan, plugins, told, VALID } from './plugins.js';

const kind = (facts: Partial<LoadKindFacts>): LoadPlugin => ({
  schema: z.strictObject({}),
  facts: { acknowledged: false, history: [], events: false, needsStream: false, schedules: [], ...facts },
});

/** Beside the real kinds, one of each sort that there may be. */
const loads = {
  ...plugins.loads,
  listen: kind({ schedules: ['follow'] }),
  ask: kind({ schedules: ['closed', 'max'], acknowledged: true }),
};
const options = { plugins: { ...plugins, loads } as ScenarioPlugins };

const FIREHOSE = 'kind: publish, domains: [telemetry], rate: 20k/s, for: 60s';
const ORDERS = 'rate: 2k/s, for: 70s';
/** The valid scenario with the first load's pace in other words. */
const paced = (text: string) => edited(['rate: 20k/s, for: 60s', text]);
const firehose = (text: string): LoadPlan => plan(paced(text), options).loads[0] as LoadPlan;
const orders = (text: string): LoadPlan => plan(edited([ORDERS, text]), options).loads[1] as LoadPlan;
const stagesOf = (load: LoadPlan) =>
  load.schedule.mode === 'open'
    ? load.schedule.stages.map(({ fromPerSec, toPerSec, durationNs }) => [
        fromPerSec,
        toPerSec,
        durationNs / NS.s,
      ])
    : [];

describe('a rate', () => {
  it('counts operations or bytes, by its unit', () => {
    expect(firehose('rate: 200MiB/s, for: 10s').schedule).toEqual({
      mode: 'open',
      stages: [{ fromPerSec: 200 * 2 ** 20, toPerSec: 200 * 2 ** 20, durationNs: 10 * NS.s }],
      arrival: { kind: 'constant' },
      unit: 'bytes',
    });
    expect(firehose('rate: 1.5GB/m, for: 10s').schedule).toMatchObject({ unit: 'bytes' });
    expect(stagesOf(firehose('rate: 1.5GB/m, for: 10s'))).toEqual([[25e6, 25e6, 10]]);
    expect(firehose('rate: 5k/s, for: 10s').schedule).toMatchObject({ unit: 'operations' });
  });

  it('with a count lasts until the count is reached, or as long as told if that is sooner', () => {
    expect(stagesOf(firehose('rate: 2k/s, count: 10k'))).toEqual([[2000, 2000, 5]]);
    expect(stagesOf(firehose('rate: 2k/s, count: 10k, for: 60s'))).toEqual([[2000, 2000, 5]]);
    expect(stagesOf(firehose('rate: 2k/s, count: 10k, for: 3s'))).toEqual([[2000, 2000, 3]]);
    expect(firehose('rate: 2k/s, count: 10k').schedule).toMatchObject({ count: 10_000 });
  });

  it('may be spread as Poisson arrivals or in bursts', () => {
    const arrival = (text: string) => {
      const { schedule } = firehose(`rate: 2k/s, for: 5s, arrival: ${text}`);
      return schedule.mode === 'open' ? schedule.arrival : undefined;
    };
    expect(arrival('constant')).toEqual({ kind: 'constant' });
    expect(arrival('poisson')).toEqual({ kind: 'poisson' });
    expect(arrival('{ bursts: 1k }')).toEqual({ kind: 'bursts', size: 1000 });
  });
});

describe('stages', () => {
  it('ramp, hold, step and spike; after a spike the rate is what it was', () => {
    const text =
      'stages: [{ to: 5k/s, over: 10s }, { hold: 20s }, { spike: 50k/s, for: 5s }, { hold: 5s }, { step: 8k/s, for: 3s }, { hold: 1s }, { to: 0/s, over: 2s }]';
    expect(stagesOf(firehose(text))).toEqual([
      [0, 5000, 10],
      [5000, 5000, 20],
      [50_000, 50_000, 5],
      [5000, 5000, 5],
      [8000, 8000, 3],
      [8000, 8000, 1],
      [8000, 0, 2],
    ]);
  });

  it('in bytes are a staircase in bytes', () => {
    const load = firehose(
      'stages: [{ step: 10MiB/s, for: 5s }, { step: 20MiB/s, for: 5s }, { to: 0/s, over: 1s }]',
    );
    expect(load.schedule).toMatchObject({ unit: 'bytes' });
    expect(stagesOf(load)[1]).toEqual([20 * 2 ** 20, 20 * 2 ** 20, 5]);
  });

  it('end where a count is reached, in the middle of a ramp too', () => {
    // 0 to 1000/s over 10 s: N(t) = 50·t², so that 450 are reached at 3 s.
    expect(stagesOf(firehose('stages: [{ to: 1k/s, over: 10s }, { hold: 10s }], count: 450'))).toEqual([
      [0, 300, 3],
    ]);
  });
});

describe('a load without due times', () => {
  it('keeps so many in flight, or has a bound of ten minutes where only a count ends it', () => {
    expect(orders('concurrency: 50, for: 70s').schedule).toEqual({
      mode: 'closed',
      concurrency: 50,
      durationNs: 70 * NS.s,
    });
    expect(orders('concurrency: 50, count: 1M').schedule).toEqual({
      mode: 'closed',
      concurrency: 50,
      durationNs: 600 * NS.s,
      count: 1_000_000,
    });
    expect(firehose('rate: max, count: 5k').schedule).toEqual({
      mode: 'max',
      durationNs: 600 * NS.s,
      count: 5000,
    });
  });

  it('follows the others, if that is what its kind does', () => {
    const follower = (text: string) => {
      const scenario = VALID.replace('faults:', () => `  - { name: ears, kind: listen${text} }\nfaults:`);
      return plan(scenario, options).loads[2];
    };
    expect(follower('')).toMatchObject({ schedule: { mode: 'follow' }, domains: [], atNs: 0 });
    expect(follower(', for: 9s, at: 2s, warm-up: 1s')).toMatchObject({
      schedule: { mode: 'follow', durationNs: 9 * NS.s },
      atNs: 2 * NS.s,
      warmUpNs: NS.s,
    });
  });
});

describe('when a load begins and when it counts', () => {
  it('is said by `at` and `warm-up`', () => {
    expect(firehose('rate: 20k/s, for: 50s, at: 5s, warm-up: 10s')).toMatchObject({
      atNs: 5 * NS.s,
      warmUpNs: 10 * NS.s,
    });
    expect(firehose('rate: 20k/s, for: 60s')).toMatchObject({ atNs: 0, warmUpNs: 0 });
  });

  it('moves the end of the load, by which faults are judged', () => {
    expect(told(edited([ORDERS, 'rate: 2k/s, for: 25s'], ['for: 60s', 'for: 20s']))).toEqual([
      expect.stringContaining('the fault ends at 30 s, but the load ends at 25 s'),
    ]);
    expect(told(edited([ORDERS, 'rate: 2k/s, for: 25s, at: 20s'], ['for: 60s', 'for: 20s']))).toEqual([]);
  });

  it('stands in the timeline', () => {
    const scenario = edited(
      ['rate: 20k/s, for: 60s', 'rate: 200MiB/s, for: 20s, arrival: { bursts: 100 }, at: 5s, warm-up: 2s'],
      [ORDERS, 'concurrency: 64, count: 100k, for: 70s'],
      ['faults:\n  - { at: 20s, kind: node-kill, target: one, restart-after: 10s }\n', ''],
      ['  recovery_time: ["max < 30s"]\n', ''],
    );
    expect(formatTimeline(plan(scenario)).split('\n')).toEqual([
      ' 0 s  js-publish orders starts (orders): 64 in flight, 100,000 in all',
      ' 5 s  publish firehose starts (telemetry): 200 MiB/s for 20 s, 100 at a time',
      ' 7 s  firehose is warm: from here on it counts',
      '25 s  firehose ends',
      '70 s  orders ends at the latest',
    ]);
  });
});

describe('a scenario in which no load sends events', () => {
  const quiet = `version: 1
name: quiet
cluster: { driver: process, nodes: 1 }
load:
  - { name: questions, kind: ask, concurrency: 4, for: 5s }
`;
  it('needs no events, and its monitor listens where they would be', () => {
    expect(plan(quiet, options)).toMatchObject({
      events: [],
      monitor: { subject: 'cim.events.>', domainToken: 2, typeToken: 3 },
    });
  });

  it('else is told what is missing', () => {
    expect(told(VALID.replace(/events:\n {2}subject[\s\S]*streams:/, 'streams:'))).toEqual([
      '1:1 events: this key is missing: what the traffic looks like → Write `events: { mix: [{ domain: orders, types: [Placed], size: 256B }] }`.',
    ]);
  });
});

describe('a load is refused', () => {
  const ONLY_FOLLOWS = 'it lasts as long as the others, or `for` → Leave it out.';
  it.each<[string, string, string]>([
    [
      'a rate where its kind only follows',
      'kind: listen, rate: 5/s',
      `\`listen\` has no rate: ${ONLY_FOLLOWS}`,
    ],
    [
      'stages where its kind only follows',
      'kind: listen, stages: [{ hold: 5s }]',
      `\`listen\` has no rate: ${ONLY_FOLLOWS}`,
    ],
    [
      'a concurrency where its kind only follows',
      'kind: listen, concurrency: 3',
      `\`listen\` has no concurrency: ${ONLY_FOLLOWS}`,
    ],
    [
      'a rate that its kind does not take',
      'kind: ask, rate: 5/s, for: 5s',
      '`ask` takes no rate → Write `concurrency: 10` with `for: 60s`; or `rate: max` with `for: 60s`.',
    ],
    [
      'a concurrency without answers',
      'kind: publish, concurrency: 5, for: 5s',
      '`publish` takes no concurrency, because its operations have no answer → Write `rate: 5k/s` with `for: 60s`, or `stages`; or `rate: max` with `for: 60s`.',
    ],
    [
      'a count of what has no operations',
      'kind: listen, count: 5',
      '`listen` without a rate has no operations of its own to count → Leave it out.',
    ],
    [
      'domains where its kind sends no events',
      'kind: listen, domains: [orders]',
      '`listen` sends no events of the mix, so it has no domains → Leave it out.',
    ],
    [
      'an arrival without a rate',
      'kind: publish, rate: max, for: 5s, arrival: poisson',
      '`arrival` says how operations are spread within a rate, and this load has none → Leave it out.',
    ],
    [
      'an arrival that is none',
      'kind: publish, rate: 5/s, for: 5s, arrival: pareto',
      'expected constant, poisson or { bursts: 100 }, but it is `pareto`',
    ],
    [
      'a rate and a concurrency',
      'kind: js-publish, domains: [orders], rate: max, concurrency: 5, for: 5s',
      'with `concurrency` an operation begins when another has its answer, and not by `rate` → Leave one of the two out.',
    ],
    [
      'a window beside a concurrency',
      'kind: js-publish, domains: [orders], concurrency: 5, window: 9, for: 5s',
      'with `concurrency` it is said already how many operations are in flight → Leave it out.',
    ],
    [
      'more workers than operations in flight',
      'kind: js-publish, domains: [orders], concurrency: 2, workers: 3, for: 5s',
      '2 at a time cannot be shared by 3 workers: each has at least one → Raise it, or lower `workers`.',
    ],
    [
      'operations and bytes in one schedule',
      'kind: publish, stages: [{ to: 5k/s, over: 1s }, { to: 5MiB/s, over: 1s }]',
      'some of these rates count operations, and others bytes → Write all of them in one unit.',
    ],
    [
      'half a stage',
      'kind: publish, stages: [{ spike: 5k/s }]',
      'expected { to: 5k/s, over: 10s }, { hold: 60s }, { step: 5k/s, for: 10s } or { spike: 50k/s, for: 5s }',
    ],
    [
      'a rate in bytes with nothing but a count',
      'kind: publish, rate: 5MiB/s, count: 100',
      'the key `for` is missing: how long the rate lasts, because a rate in bytes does not say when the count is reached → Write `for: 60s`.',
    ],
    [
      'a rate above one a nanosecond',
      'kind: publish, rate: 1001M/s, for: 1s',
      'expected a rate of at most 1G/s (one operation a nanosecond) or 1000GB/s, but it is `1001M/s`',
    ],
    [
      'more operations than can be numbered',
      'kind: publish, rate: 1G/s, for: 1h',
      'this load asks for 3600G operations, and a worker can number 1,099,511,627,776 → Lower the rate or the time.',
    ],
    [
      'a count that nobody lives to see',
      'kind: publish, rate: 1/h, count: 1G',
      expect.stringContaining('and a load lasts 30 days at most') as unknown as string,
    ],
    [
      'less than one operation',
      'kind: publish, rate: 0.001/s, for: 5s',
      'this load asks for no operation at all: its rate is too low for its length → Raise the rate or the time.',
    ],
    [
      'a warm-up as long as the load',
      'kind: publish, rate: 5k/s, for: 5s, warm-up: 5s',
      'the warm-up takes all of the load → Make the load longer.',
    ],
  ])('for %s', (_, text, message) => {
    const scenario = edited([FIREHOSE, text]);
    expect(told(scenario, options).map((line) => line.replace(/^\S+ \S+: /, ''))).toEqual([message]);
  });

  it('when nothing says how long the run lasts', () => {
    const followers = VALID.replace(/load:\n[\s\S]*/, 'load:\n  - { name: ears, kind: listen }\n').replace(
      /streams:\n.*\n/,
      '',
    );
    expect(told(followers, options)).toEqual([
      '11:3 load: every load here lasts as long as the others, so nothing says how long the run lasts → Give one of them `for: 60s`, or add a load that has a rate.',
    ]);
  });
});

describe('a load that lasts as long as the others', () => {
  const follower = (text: string) => told(edited([FIREHOSE, `kind: listen${text}`]), options);

  it('is refused where they have ended before it begins', () => {
    expect(follower(', at: 2m')).toEqual([
      expect.stringMatching(
        /load\[0\]\.at: the other loads have ended by then, after \S+( \S+)?, and this one lasts as long as they do → Begin it sooner, or say how long it lasts/,
      ),
    ]);
  });

  it('may begin whenever it likes where it says how long it lasts', () => {
    expect(follower(', at: 2m, for: 10s')).toEqual([]);
  });
});

describe('thresholds know what a load measures', () => {
  const threshold = (load: string, text: string) =>
    VALID.replace(/ {2}orders\.ack_latency:\n.*\n/, () => `  ${text}\n`).replace(
      'faults:',
      () => `  - { name: x, ${load} }\nfaults:`,
    );
  it.each<[string, string, string]>([
    [
      'kind: listen',
      'x.schedule_delay: ["p99 < 1s"]',
      'x has no schedule_delay: nothing is due at a time in `listen` → It has no measure of time.',
    ],
    [
      'kind: ask, concurrency: 4, for: 5s',
      'x.schedule_delay: ["p99 < 1s"]',
      'x has no schedule_delay: with `concurrency` nothing is due at a time → Its measures of time: ack_latency and service_time.',
    ],
    [
      'kind: ask, concurrency: 4, for: 5s',
      'x.lag: ["p99 < 1s"]',
      'x has no lag: the monitor does not see the messages of `ask` → Its measures of time: ack_latency and service_time.',
    ],
    [
      'kind: publish, rate: 5/s, for: 5s',
      'x.misses: ["count == 0"]',
      'x has no misses: `publish` does not measure that → Its measures of time: schedule_delay and lag.',
    ],
    [
      'kind: publish, rate: 5/s, for: 5s',
      'x.lag: [{ expect: "p99 < 1s", during: warm-up }]',
      'x has no warm-up → Leave `during` out, or give the load a `warm-up`.',
    ],
  ])('%s, %s', (load, text, message) => {
    expect(told(threshold(load, text), options).map((line) => line.replace(/^\S+ \S+: /, ''))).toEqual([
      message,
    ]);
  });

  it('and takes one during a warm-up that there is', () => {
    const text = 'x.lag: [{ expect: "p99 < 1s", during: warm-up }]';
    expect(told(threshold('kind: publish, rate: 5/s, for: 5s, warm-up: 1s', text))).toEqual([]);
  });
});

describe('an editor', () => {
  it('is offered the keys that a kind takes, and no others', () => {
    const schema = scenarioJsonSchema(options.plugins) as {
      properties: { load: { items: { anyOf: { properties: Record<string, { const?: string }> }[] } } };
    };
    const keysOf = (name: string) =>
      Object.keys(
        schema.properties.load.items.anyOf.find(({ properties }) => properties.kind?.const === name)
          ?.properties ?? {},
      ).toSorted();
    expect(keysOf('listen')).toEqual(['at', 'for', 'kind', 'name', 'warm-up', 'workers']);
    expect(keysOf('ask')).toEqual([...keysOf('listen'), 'concurrency', 'count', 'rate'].toSorted());
  });
});
