import { connect } from '@nats-io/transport-node';
import { expect, it } from 'vitest';
import { NS, nowNs } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import type { ServerAccess } from '../../src/contracts/load.js';
import type { MonitorHandle } from '../../src/contracts/monitor.js';
import { startMonitorService } from '../../src/monitor/monitor-service.js';
import { writeStamp } from '../../src/wire/stamp.js';
import { openDoor } from '../support/door.js';
import { startTestServer } from '../support/nats-server.js';
import { monitorTask, UNHEARD } from './monitor-task.js';
import { parsePrometheusText, type Sample, sampleValue } from './prometheus-text.js';

const WRITERS = 3;

const start = (access: ServerAccess, more: { readonly partition?: { index: number; of: number } } = {}) =>
  startMonitorService(monitorTask(access, { ownEvents: false, ...more }), UNHEARD);

async function page({ metricsUrl }: MonitorHandle): Promise<Sample[]> {
  return parsePrometheusText(await (await fetch(metricsUrl)).text());
}

async function account(monitor: MonitorHandle) {
  await monitor.drained(100, 60_000);
  const samples = await page(monitor);
  const of = (name: string) => sampleValue(samples, `cim_events_${name}_total`, { load: 'unknown' }) ?? 0;
  return {
    received: of('received'),
    lost: of('lost'),
    unseen: of('unseen'),
    duplicated: of('duplicated'),
    blindSeconds: sampleValue(samples, 'cim_monitor_blind_seconds_total') ?? 0,
  };
}

it('accounts for every event of writers that it was not told of, over a lost connection and a start of its own', async () => {
  await using server = await startTestServer();
  await using door = await openDoor(server.port);
  const nc = await connect({ servers: `127.0.0.1:${server.port}` });
  let next = 0;
  /** So many of each writer. */
  const publish = async (count: number) => {
    for (const end = next + count; next < end; next++) {
      for (let writer = 0; writer < WRITERS; writer++) {
        const payload = new Uint8Array(16);
        writeStamp(payload, 0, writer, next, Math.floor(nowNs() / NS.us));
        nc.publish(`cim.events.domain-${(next + writer) % 5}.Sampled`, payload);
      }
    }
    await nc.flush();
  };

  // It comes in the middle, and says how much it cannot know.
  await publish(100);
  const monitor = await start(door.access);
  await publish(1000);
  expect(await account(monitor)).toEqual({
    received: 3000,
    lost: 0,
    unseen: 300,
    duplicated: 0,
    blindSeconds: 0,
  });

  const connected = async (value: number) =>
    sampleValue(await page(monitor), 'cim_monitor_connected') === value;
  door.shut();
  await waitFor(() => connected(0), { timeoutMs: 30_000 });
  await publish(500);
  door.open();
  // Heard again, it is subscribed again.
  const hears = async () => {
    nc.publish('cim.events.door.Opened');
    await nc.flush();
    return sampleValue(await page(monitor), 'cim_events_total', { domain: 'door', type: 'Opened' }) ?? 0;
  };
  await waitFor(async () => (await hears()) > 0, { timeoutMs: 30_000 });
  await publish(1000);
  const first = await account(monitor);
  expect(first).toMatchObject({ received: 6000, lost: 1500, unseen: 300, duplicated: 0 });
  expect(first.blindSeconds).toBeGreaterThan(0);
  await monitor[Symbol.asyncDispose]();

  await publish(250);
  await using again = await start(server.access);
  await publish(1000);
  const second = await account(again);
  // Nothing that it never could have seen is lost; it is what the one before had an account of, and what came between.
  expect(second).toMatchObject({ received: 3000, lost: 0, unseen: 300 + 6000 + 1500 + 750, duplicated: 0 });
  expect(second.received + second.lost + second.unseen).toBe(WRITERS * next);
  await nc.close();
});
