import { describe, expect, it } from 'vitest';
import type { FaultPlan } from '../../src/contracts/plan.js';
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

  it('is in order', () => {
    const times = timelineOf(planned).map(({ atNs }) => atNs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });
});
