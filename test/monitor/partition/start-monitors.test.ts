import { connect } from '@nats-io/transport-node';
import { expect, it } from 'vitest';
import { NS, nowNs } from '../../../src/base/clock.js';
import { waitFor } from '../../../src/base/wait.js';
import type { LoadNotice } from '../../../src/contracts/load.js';
import { startMonitors } from '../../../src/monitor/partition/start-monitors.js';
import { writeStamp } from '../../../src/wire/stamp.js';
import { compileSources } from '../../processes/compiled-sources.js';
import { openDoor } from '../../support/door.js';
import { startTestServer } from '../../support/nats-server.js';
import { monitorTask } from '../monitor-task.js';
import { parsePrometheusText, type Sample } from '../prometheus-text.js';

const LONG = { timeoutMs: 30_000 };
const DOMAINS = Array.from({ length: 30 }, (_, i) => `domain-${i}`);
const WRITERS = Array.from({ length: 6 }, (_, i) => ({ writer: i + 1, load: 'orders' }));
/** Of each writer; as many in each domain. */
const EVENTS = 210;

it('the monitors of a run share its domains, are drained and told of servers together, and are blind as one', async () => {
  await using program = await compileSources('cli/entries/monitor.ts');
  await using server = await startTestServer();
  await using door = await openDoor(server.port);
  const notices: LoadNotice[] = [];
  let received = 0;
  await using monitor = await startMonitors(
    monitorTask(door.access, { partitions: 3 }, { writers: WRITERS, servers: { targets: [], hurry: 20 } }),
    new URL(program.url('cli/entries/monitor.js')),
    {
      onReport: ({ phases }) => {
        for (const { counters } of phases) received += counters.received ?? 0;
      },
      onNotice: (notice) => notices.push(notice),
    },
  );
  const urls = monitor.metricsUrls!;
  expect(new Set(urls).size).toBe(3);
  expect(urls[0]).toBe(monitor.metricsUrl);
  const pages = async (name: string): Promise<Sample[][]> =>
    Promise.all(
      urls.map(async (url) =>
        parsePrometheusText(await (await fetch(url)).text()).filter((sample) => sample.name === name),
      ),
    );

  const nc = await connect({ servers: `127.0.0.1:${server.port}` });
  for (let sequence = 0; sequence < EVENTS; sequence++) {
    for (const { writer } of WRITERS) {
      const payload = new Uint8Array(16);
      writeStamp(payload, 0, writer, sequence, Math.floor(nowNs() / NS.us));
      nc.publish(`cim.events.${DOMAINS[(sequence + writer) % DOMAINS.length]}.Placed`, payload);
    }
  }
  await nc.drain();
  await monitor.drained(100, 60_000);
  expect(received).toBe(EVENTS * WRITERS.length);
  const counted = (await pages('cim_events_total')).map((page) =>
    page.filter(({ labels }) => labels.type === 'Placed'),
  );
  expect(counted.flatMap((page) => page.map(({ labels }) => labels.domain)).sort()).toEqual(
    DOMAINS.toSorted(),
  );
  for (const { value } of counted.flat()) expect(value).toBe((EVENTS * WRITERS.length) / DOMAINS.length);
  expect(counted.every((page) => page.length > 0)).toBe(true);

  monitor.publish({ domain: 'nats', type: 'NodeSeen', fields: {} });
  const seen = await waitFor(async () => {
    const of = (await pages('cim_events_total')).flat().filter(({ labels }) => labels.type === 'NodeSeen');
    return of.length > 0 && of;
  }, LONG);
  expect(seen).toMatchObject([{ value: 1 }]);

  monitor.useServers([{ name: 'n1', monitorUrl: server.monitorUrl }]);
  const up = await waitFor(async () => {
    const of = (await pages('cim_nats_up')).flat();
    return of.some(({ value }) => value === 1) && of;
  }, LONG);
  expect(up).toMatchObject([{ labels: { server: 'n1' }, value: 1 }]);

  const see = async () => (await pages('cim_monitor_connected')).map(([sample]) => sample?.value).join();
  const sightsOf = () => notices.map(({ kind }) => kind).filter((kind) => /connected$/.test(kind));
  door.shut();
  await waitFor(async () => (await see()) === '0,0,0', LONG);
  // A page comes by another way than a notice.
  await waitFor(() => sightsOf().length > 0, LONG);
  expect(sightsOf()).toEqual(['disconnected']);
  door.open();
  await waitFor(async () => (await see()) === '1,1,1', LONG);
  await waitFor(() => sightsOf().length > 1, LONG);
  expect(sightsOf()).toEqual(['disconnected', 'reconnected']);
});
