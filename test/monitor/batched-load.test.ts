import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import type { EventKind } from '../../src/contracts/plan/events.js';
import { startMonitorService } from '../../src/monitor/monitor-service.js';
import { LoadUnderTest, steadyRate } from '../generators/load-under-test.js';
import { startTestServer } from '../support/nats-server.js';
import { monitorTask, UNHEARD } from './monitor-task.js';
import { parsePrometheusText, sampleValue } from './prometheus-text.js';

const SUBJECTS = 64;
const EVENTS: readonly EventKind[] = Array.from({ length: SUBJECTS }, (_, i) => ({
  domain: 'orders',
  type: `Type${i}`,
  subject: `cim.events.orders.Type${i}`,
  // The seldom ones wait for as long as a batch may, while thousands of others overtake them.
  weight: i === 0 ? 0.01 : 1,
  size: { minBytes: 16, maxBytes: 16 },
}));

describe('a load that sends events of many subjects in batches', () => {
  it('is received whole: nothing lost, nothing twice, events and messages apart', async () => {
    await using server = await startTestServer();
    await using monitor = await startMonitorService(
      monitorTask(server.access, {}, { writers: [{ writer: 0, load: 'orders' }] }),
      UNHEARD,
    );
    const load = new LoadUnderTest({
      access: server.access,
      kind: 'publish',
      schedule: steadyRate(100_000, 0.5),
      events: EVENTS,
      params: { batch: { events: 32, within: 100 * NS.ms } },
    });
    await load.run();
    await monitor.drained(200, 60_000);

    const samples = parsePrometheusText(await (await fetch(monitor.metricsUrl)).text());
    const sum = (name: string) =>
      samples
        .filter((sample) => sample.name === name && sample.labels.domain === 'orders')
        .reduce((total, { value }) => total + value, 0);
    expect(load.count('ok')).toBe(50_000);
    expect(sum('cim_events_total')).toBe(50_000);
    expect(sum('cim_event_messages_total')).toBe(load.count('messages'));
    expect(sum('cim_event_lag_seconds_count')).toBe(50_000);
    const ofLoad = (name: string) => sampleValue(samples, name, { load: 'orders' });
    expect(ofLoad('cim_events_received_total')).toBe(50_000);
    expect(ofLoad('cim_events_duplicated_total')).toBe(0);
    expect(ofLoad('cim_events_lost_total')).toBe(0);
  });
});
