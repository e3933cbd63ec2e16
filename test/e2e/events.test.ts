import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LoadSummary } from '../../src/contracts/summary.js';
import { Workplace } from '../support/cli.js';

// A machine that is busy with other tests shall not make a run inconclusive.
const SCENARIO = `version: 1
name: events
seed: 11
cluster: { driver: process, nodes: 1 }
monitor: { port: 0 }
events:
  subject: cim.events.{domain}.{type}.{shard:2}
  mix:
    - { domain: orders, types: { Placed: 3, Paid: 1 }, payload: { template: '{"id":"{{uuid}}","n":{{sequence}},"at":"{{time}}"}' } }
    - { domain: clicks, types: 8, size: 16B..64B }
    - { domain: history, types: [A, B], payload: { file: history.ndjson, type: kind, time: at } }
streams:
  - { name: ORDERS, subjects: [cim.events.orders.>], storage: memory }
load:
  - { name: shop, kind: js-publish, domains: [orders], rate: 500/s, for: 3s, max-lateness: 60s, ack-timeout: 60s }
  - { name: clicks, kind: publish, domains: [clicks], rate: 5k/s, for: 3s, batch: { events: 16, within: 20ms }, traceparent: 1/10, max-lateness: 60s, workers: 2 }
  - { name: replay, kind: publish, domains: [history], replay: { speed: 20 }, max-lateness: 60s, headers: { Id: "{{uuid v7}}" } }
checks: [acked-loss]
thresholds:
  clicks.lost: ["count == 0"]
  replay.lost: ["count == 0"]
`;

const RECORDS = Array.from({ length: 100 }, (_, i) =>
  JSON.stringify({ at: 1_767_225_600 + i / 2, kind: i % 4 === 0 ? 'A' : 'B', i }),
);

describe('events', () => {
  it('are counted, confirmed and read back, whatever they are made of and however they travel', async () => {
    await using place = new Workplace();
    const file = place.write('s.yaml', SCENARIO);
    writeFileSync(join(file, '..', 'history.ndjson'), `${RECORDS.join('\n')}\n`);
    const end = await place.run(['run', file, '--out', place.reports]);
    expect({ code: end.code, stderr: end.code === 0 ? '' : end.stderr }).toEqual({ code: 0, stderr: '' });

    const { loads, checks, servers } = place.summary();
    const load = (name: string): LoadSummary => loads.find((each) => each.name === name) as LoadSummary;
    const counters = (name: string) => load(name).total.counters;
    expect(counters('shop')).toMatchObject({ due: 1500, ok: 1500, received: 1500, lost: 0, messages: 0 });
    expect(checks.map(({ sentence }) => sentence)).toEqual(['0 of 1,500 acknowledged events lost']);

    const clicks = counters('clicks');
    expect(clicks).toMatchObject({ due: 15_000, sent: 15_000, ok: 15_000, received: 15_000, lost: 0 });
    // Sixteen subjects and two workers: each message has some events, and none more than sixteen.
    expect(clicks.messages).toBeGreaterThanOrEqual(15_000 / 16);
    expect(clicks.messages).toBeLessThan(15_000 / 2);
    expect(load('clicks').total.rates.messagesPerSec).toBeCloseTo(clicks.messages / 3, 0);
    expect(servers.confirmed?.clicks).toBe(clicks.messages);
    expect(load('clicks').total.latency.lag?.count).toBe(15_000);
    expect(end.stderr).toMatch(/batches +clicks: 5k\/s events in \d+.*\/s messages, [\d.]+ in each/);

    expect(counters('replay')).toMatchObject({ due: 100, ok: 100, received: 100, lost: 0 });
    expect(load('replay').total.durationNs / 1e9).toBeCloseTo(99 / 2 / 20, 1);
    const report = readFileSync(join(place.runDirs()[0] as string, 'report.html'), 'utf8');
    expect(report).toContain('"messages"');
    expect(await place.leftovers()).toEqual([]);
  });

  it('are refused before anything starts where they cannot be made', async () => {
    await using place = new Workplace();
    const file = place.write('s.yaml', SCENARIO.replace('{{uuid}}', '{{guid}}'));
    writeFileSync(join(file, '..', 'history.ndjson'), `${RECORDS[1]}\n${RECORDS[0]}\n`);
    const end = await place.run(['validate', file]);
    expect(end.code, end.stderr).toBe(2);
    expect(end.stderr).toMatch(
      /s\.yaml:9:\d+: events\.mix\[0\]\.payload\.template: line 1, column 10: there is no placeholder `guid`\. Did you mean `uuid`\?/,
    );
    expect(end.stderr).toMatch(
      /s\.yaml:11:\d+: events\.mix\[2\]\.payload\.file: history\.ndjson: line 2: its `at` is before that of the record above/,
    );
    expect(place.runDirs()).toEqual([]);
  });
});
