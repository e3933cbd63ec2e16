import { describe, expect, it } from 'vitest';
import type { FaultPlan } from '../../src/contracts/plan/faults.js';
import { formatTimeline, timelineOf } from '../../src/scenario/timeline.js';
import { edited, plan } from './plugins.js';

const planned = plan(
  edited(
    ['rate: 20k/s, for: 60s', 'stages: [{ to: 500k/s, over: 10s }, { hold: 45s }, { to: 0/s, over: 5s }]'],
    ['target: one', 'target: stream-leader(ORDERS)'],
    ['checks:', '  - { at: 55s, for: 10s, kind: node-pause, target: one }\nchecks:'],
  ),
);

describe('the timeline of a plan', () => {
  it('says what happens when', () => {
    const { node } = (planned.faults[1] as FaultPlan).target as { node: string };
    expect(formatTimeline(planned).split('\n')).toEqual([
      ' 0 s  publish firehose starts (telemetry): 0/s to 500k/s over 10 s',
      ' 0 s  js-publish orders starts (orders): 2k/s for 70 s',
      '10 s  firehose: 500k/s for 45 s',
      '20 s  fault-1 node-kill on stream-leader(ORDERS) begins, for 10 s',
      '30 s  fault-1 node-kill on stream-leader(ORDERS) is healed',
      '55 s  firehose: 500k/s to 0/s over 5 s',
      `55 s  fault-2 node-pause on ${node} (drawn) begins, for 10 s`,
      '60 s  firehose ends',
      `65 s  fault-2 node-pause on ${node} (drawn) is healed`,
      '70 s  orders ends',
    ]);
  });

  it('names what is touched where that is no node', () => {
    const outages = edited(
      [
        '  - { at: 20s, kind: node-kill, target: one, restart-after: 10s }',
        `  - { at: 20s, for: 5s, kind: scrape-outage }
  - { at: 30s, for: 5s, kind: scrape-outage, pages: [1, 3, 1], target: n2 }`,
      ],
      ['checks:', 'monitor: { partitions: 3 }\nchecks:'],
    );
    const lines = formatTimeline(plan(outages)).split('\n');
    expect(lines.filter((line) => line.includes('scrape-outage'))).toEqual([
      "20 s  fault-1 scrape-outage on the monitor's page begins, for 5 s",
      "25 s  fault-1 scrape-outage on the monitor's page is healed",
      "30 s  fault-2 scrape-outage on the monitor's page 1, the monitor's page 3 begins, for 5 s",
      "35 s  fault-2 scrape-outage on the monitor's page 1, the monitor's page 3 is healed",
    ]);
  });

  it('is in order', () => {
    const times = timelineOf(planned).map(({ atNs }) => atNs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it('says what waits for what, and what keeps the faults within bounds', () => {
    const text = edited([
      '  - { at: 20s, kind: node-kill, target: one, restart-after: 10s }',
      `  - at: 10s
    sequence:
      - { kind: node-kill, target: n1, restart-after: 4s }
      - { after: 1s, kind: node-pause, target: n2, for: 2s, allow-quorum-loss: true }
      - { after-end: 3s, kind: node-restart, target: n3 }
  - when: backlog > 10k
    within: 20s
    at: 30s
    sequence:
      - { kind: node-kill, target: minority, restart-after: 4s }
      - { kind: node-kill, target: "follower(ORDERS)", restart-after: 4s }
guards: { at-most: 2, longest: 10s, abort-on: [backlog > 1M] }
steady-state: { every: 5s, recover-within: 30s, probes: [{ kind: health, throughout: true }] }`,
    ]);
    const lines = formatTimeline(plan(text)).split('\n');
    const nodes = plan(text).faults.flatMap(({ target }) => (target.role === 'nodes' ? target.nodes : []));
    expect(lines.slice(2, -2)).toEqual([
      '10 s  fault-1 node-kill on n1 begins, for 4 s',
      '11 s  fault-2 node-pause on n2 begins 1 s after fault-1 has begun, for 2 s',
      '13 s  fault-2 node-pause on n2 is healed',
      '14 s  fault-1 node-kill on n1 is healed',
      '16 s  fault-3 node-restart on n3 begins 3 s after fault-2 is healed',
      `30 s  fault-4 node-kill on minority: ${nodes} (drawn) waits for backlog > 10k, 20 s at the most, for 4 s`,
      '34 s  fault-5 node-kill on follower(ORDERS) begins when fault-4 is healed, not before this, for 4 s',
      '60 s  firehose ends',
      '70 s  orders ends',
    ]);
    expect(lines.slice(-2)).toEqual([
      'guards: at most 2 faults at a time; none for longer than 10 s; the run ends when backlog > 1M',
      'steady state: health (throughout); looked at every 5 s; again 30 s after a fault',
    ]);
  });
});
