import { describe, expect, it } from 'vitest';
import { plan as planOf, told as toldOf } from '../scenario/plugins.js';

const scenario = (loads: string, cluster = 'nodes: 1') => `version: 1
name: shop
seed: 1
cluster: { driver: process, ${cluster} }
events: { mix: [{ domain: orders, types: [Placed], size: 64B }] }
streams: [{ name: ORDERS, subjects: [cim.events.orders.>] }]
load:
${loads}
`;
const told = (loads: string, cluster?: string) => toldOf(scenario(loads, cluster));
const load = (keys: string) => `  - { rate: 10/s, for: 10s, ${keys} }`;

describe('a load that asks for what the cluster will not have is refused before it starts', () => {
  it.each(['kind: kv, bucket: b', 'kind: object, bucket: b', 'kind: streams, streams: 5'])(
    'more replicas than nodes: %s',
    (keys) => {
      expect(told(load(`name: x, ${keys}, replicas: 3`))).toEqual([
        expect.stringMatching(
          /^8:\d+ load\[0\]\.replicas: 3 replicas need 3 nodes, but the cluster has 1 → Write 1/,
        ),
      ]);
      expect(told(load(`name: x, ${keys}, replicas: 3`), 'nodes: 3')).toEqual([]);
    },
  );

  it.each(['kind: kv, bucket: b', 'kind: object, bucket: b', 'kind: streams, streams: 5'])(
    'JetStream, where it is off: %s',
    (keys) => {
      const problems = told(load(`name: x, ${keys}`), 'jetstream: false');
      expect(problems).toContainEqual(expect.stringMatching(/load\[0\]\.kind: such a load needs JetStream/));
    },
  );

  it('a rate in bytes, of operations that have no size', () => {
    expect(told('  - { name: x, kind: connections, rate: 5MiB/s, for: 5s }')).toEqual([
      expect.stringMatching(/load\[0\]\.rate: connections have no size.*Write it in connections/),
    ]);
  });

  it('an http rate that its workers or its time cannot share', () => {
    const http = (keys: string) => told(`  - { name: x, kind: http, url: monitor, ${keys} }`);
    expect(http('rate: 5/s, workers: 2, for: 2s')).toEqual([
      expect.stringMatching(/this asks for 2\.5 a second of each, for 2 s → Choose a rate/),
    ]);
    expect(http('rate: 4/s, workers: 2, for: 2s')).toEqual([]);
  });
});

describe('a wait for an answer', () => {
  it.each([
    'kind: kv, bucket: b, ack-timeout',
    'kind: object, bucket: b, ack-timeout',
    'kind: streams, streams: 5, ack-timeout',
    'kind: js-publish, ack-timeout',
    'kind: request, timeout',
  ])('lasts some time, and has an end: %s', (keys) => {
    for (const wrong of ['0s', '25d']) {
      expect(told(load(`name: x, ${keys}: ${wrong}`))).toEqual([
        expect.stringMatching(/timeout: expected a time above zero and up to 1h, such as 5s or 250ms/),
      ]);
    }
  });
});

describe('loads that share a bucket', () => {
  const both = (first: string, second: string) =>
    told(
      [load(`name: a, kind: kv, bucket: b, ${first}`), load(`name: c, kind: kv, bucket: b, ${second}`)].join(
        '\n',
      ),
    );

  it('may differ in what they put there', () => {
    expect(both('size: 64B, history-depth: 5', 'size: 128B, keys: 10')).toEqual([]);
    expect(both('history-depth: 5', 'history-depth: 5')).toEqual([]);
  });

  it('may not differ in how it is made', () => {
    expect(both('size: 64B', 'history-depth: 5')).toEqual([
      expect.stringMatching(
        /^9:\d+ load\[1\]\.history-depth: the load a makes this bucket, with another `history-depth`/,
      ),
    ]);
  });
});

describe('requests', () => {
  it('may not go where a stream would answer them', () => {
    expect(told(load('name: x, kind: request, subject: "cim.events.{domain}.{type}"'))).toEqual([
      expect.stringMatching(/load\[0\]\.subject: `cim\.events\.orders\.Placed` goes to the stream ORDERS/),
    ]);
    expect(told(load('name: x, kind: request'))).toEqual([]);
  });
});

describe('agents that are fewer than the connections they would share', () => {
  it('have one each', () => {
    expect(planOf(scenario('  - { name: x, kind: agents, agents: 5, for: 5s }')).loads).toHaveLength(1);
  });
});
