import { describe, expect, it } from 'vitest';
import type { MetricSample } from '../../../src/contracts/metric.js';
import type { OwnEvent } from '../../../src/contracts/own-event.js';
import { AdvisoryCount } from '../../../src/monitor/servers/advisory-count.js';
import { parseToldAdvisory } from '../../../src/nats/advisories.js';

const advisory = (subject: string, body: object) =>
  parseToldAdvisory(`$JS.EVENT.ADVISORY.${subject}`, new TextEncoder().encode(JSON.stringify(body)))!;

describe('the count of advisories', () => {
  const counted = (count: AdvisoryCount): MetricSample[] => [...count.family().samples];

  it('counts one that comes to two accounts once', () => {
    const events: OwnEvent[] = [];
    const count = new AdvisoryCount({ publish: (event) => events.push(event) });
    const body = { id: 'A', stream: 'ORDERS', timestamp: '2026-01-02T03:04:05.678Z' };
    const told = advisory('STREAM.QUORUM_LOST.ORDERS', body);
    expect(told).toMatchObject({ id: 'A', atMs: Date.parse('2026-01-02T03:04:05.678Z'), stream: 'ORDERS' });
    expect(count.add(told)).toBe(true);
    expect(count.add(advisory('STREAM.QUORUM_LOST.ORDERS', { ...body, account: 'EVENTS' }))).toBe(false);
    expect(counted(count)).toEqual([{ labels: { kind: 'STREAM.QUORUM_LOST' }, value: 1 }]);
    expect(events).toMatchObject([
      { domain: 'nats', type: 'AdvisoryReceived', fields: { stream: 'ORDERS' } },
    ]);
  });

  it('tells of few of many, counts all, and is not drowned by kinds that somebody invents', () => {
    const events: OwnEvent[] = [];
    const count = new AdvisoryCount({ publish: (event) => events.push(event) });
    for (let i = 0; i < 5000; i++)
      count.add(advisory(`CONSUMER.MADE_UP_${i}.S.c`, { id: `${i}`, consumer: 'c' }));
    expect(counted(count)).toHaveLength(65);
    expect(counted(count).reduce((sum, { value }) => sum + value, 0)).toBe(5000);
    expect(events.length).toBeLessThan(200);
  });
});
