import { describe, expect, it } from 'vitest';
import { plan, told, VALID } from '../plugins.js';

const withGuards = (guards: string): string => `${VALID}guards: { ${guards} }\n`;
const condition = (text: string) => plan(withGuards(`abort-on: ['${text}']`)).guards.abortOn[0];

describe('a condition', () => {
  it.each([
    ['backlog > 10k', { kind: 'backlog' }, '>', 10_000],
    ['backlog(ORDERS) >= 5', { kind: 'backlog', stream: 'ORDERS' }, '>=', 5],
    ['backlog( ORDERS , worker )>1.5k', { kind: 'backlog', stream: 'ORDERS', consumer: 'worker' }, '>', 1500],
    ['messages(ORDERS) < 1M', { kind: 'messages', stream: 'ORDERS' }, '<', 1e6],
    [
      'orders.ack_latency p99 > 200ms',
      {
        kind: 'load',
        load: 'orders',
        measure: 'ack_latency',
        statistic: { kind: 'percentile', percentile: 99 },
      },
      '>',
      200e6,
    ],
    [
      'orders.throughput rate < 1k/s',
      { kind: 'load', load: 'orders', measure: 'throughput', statistic: { kind: 'rate' } },
      '<',
      1000,
    ],
  ])('%s', (text, of, comparison, bound) => {
    expect(condition(text)).toEqual({ text, of, comparison, bound });
  });

  it.each([
    ['backlog > many', 'expected a count, such as 10 or 5k, not `many`'],
    ['backlog is large', 'expected a measure, a comparison and a value, but it is `backlog is large`'],
    ['messages > 5', '`messages` needs the name of a stream: messages(NAME)'],
    ['messages(ORDERS, worker) > 5', '`messages(ORDERS, worker)` does not say of what'],
    ['backlog(ODERS) > 5', 'there is no stream `ODERS` → Did you mean `ORDERS`?'],
    ['order.ack_latency p99 > 5ms', 'there is no load `order` → Did you mean `orders.ack_latency`?'],
    ['orders.ack_latency p99 > 5', 'expected a duration with its unit'],
    ['firehose.ack_latency p99 > 5ms', 'firehose has no ack_latency: nothing acknowledges'],
    [
      'backlogs > 1M',
      'expected `backlog`, `messages` or `<load>.<measure>`, not `backlogs` → Did you mean `backlog`?',
    ],
    ['backlgo(ORDERS, worker)>5', 'not `backlgo` → Did you mean `backlog`?'],
    ['message(ORDERS) > 5', 'not `message` → Did you mean `messages`?'],
    [
      'orders > 5',
      'expected `backlog`, `messages` or `<load>.<measure>`, not `orders` → A condition is such as `backlog > 10k`',
    ],
    ['error count > 5', 'not `error` → Say of which load: `<load>.errors`.'],
    ['recovery_time max > 5s', 'recovery_time is known only when the run is over'],
    ['everything', 'expected a measure, a comparison and a value, but it is `everything`'],
  ])('is refused: %s', (text, message) => {
    const found = told(withGuards(`abort-on: ['${text}']`));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^22:23 guards\["abort-on"\]\[0\]|^22:\d+ guards\.abort-on\[0\]/);
    expect(found[0]).toContain(message);
  });

  it('of JetStream is refused where that is off', () => {
    const text = withGuards("abort-on: ['backlog > 1']")
      .replace('nodes: 3', 'nodes: 3, jetstream: false')
      .replace(/streams:\n.*\n/, '')
      .replace('js-publish', 'publish')
      .replace('checks: [acked-loss]\n', '')
      .replace(/thresholds:[\s\S]*guards/, 'guards');
    expect(told(text)).toEqual([
      expect.stringContaining('backlog needs JetStream, which this cluster has off'),
    ]);
  });
});

describe('guards', () => {
  it('are none but that over quorums, unless told', () => {
    expect(plan(VALID).guards).toEqual({ abortOn: [], allowsQuorumLoss: false });
  });

  it('are as they are written, with paths that are good everywhere', () => {
    const { guards } = plan(
      withGuards('at-most: 2, longest: 1m, stop-file: ./STOP, allow-quorum-loss: true'),
      {
        file: '/somewhere/s.yaml',
      },
    );
    expect(guards).toEqual({
      atMost: 2,
      longestNs: 60e9,
      abortOn: [],
      stopFile: '/somewhere/STOP',
      allowsQuorumLoss: true,
    });
  });

  it.each([
    ['at-most: 0', 'guards.at-most: expected a whole number from 1 to 10000, such as 2, but it is `0`'],
    ['longest: 5', 'guards.longest: expected a duration with its unit'],
    ['abort-on: backlog > 5', 'guards.abort-on: expected a list of conditions'],
    ['allow-quorumloss: true', 'unknown key `allow-quorumloss` → Did you mean `allow-quorum-loss`?'],
  ])('are refused with %s', (text, message) => {
    const found = told(withGuards(text));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });
});

describe('the steady state', () => {
  const steady = (text: string) => `${VALID}steady-state: ${text}\n`;

  it('is what stormglass looks at anyway, unless told', () => {
    expect(plan(VALID).steadyState).toEqual({ probes: [], everyNs: 0 });
  });

  it('has probes by kind, each with its own parameters and a name', () => {
    const text =
      '{ every: 5s, recover-within: 30s, probes: [{ kind: health }, { name: in time, kind: lag, below: 1k, throughout: true }] }';
    expect(plan(steady(text)).steadyState).toEqual({
      everyNs: 5e9,
      recoverWithinNs: 30e9,
      probes: [
        { name: 'health', kind: 'health', throughout: false, params: expect.anything() },
        { name: 'in time', kind: 'lag', throughout: true, params: { below: 1000 } },
      ],
    });
  });

  it.each([
    [
      '{ probes: [{ kind: helth }] }',
      'steady-state.probes[0].kind: there is no kind `helth` → Did you mean `health`?',
    ],
    [
      '{ probes: [{ kind: lag }] }',
      'steady-state.probes[0].below: this key is missing: expected a whole number above zero',
    ],
    ['{ probes: [{ kind: lag, below: 5, beneath: 3 }] }', 'unknown key `beneath`'],
    ['{ probes: [{ kind: health }, { kind: health }] }', 'a probe named `health` stands above'],
    [
      '{ probes: [{ kind: health, nodes: [n1, n9] }] }',
      'steady-state.probes[0].nodes[1]: there is no node `n9` → The nodes are n1, n2, n3.',
    ],
    [
      '{ probes: [{ kind: lag, stream: ORDRES, below: 5 }] }',
      'steady-state.probes[0].stream: there is no stream `ORDRES` → Did you mean `ORDERS`?',
    ],
    ['{ evry: 5s }', 'unknown key `evry` → Did you mean `every`?'],
  ])('is refused: %s', (text, message) => {
    const found = told(steady(text));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });
});
