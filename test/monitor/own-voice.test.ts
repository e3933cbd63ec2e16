import { connect } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import type { LoadNotice, ServerAccess } from '../../src/contracts/load.js';
import type { MonitorHandle, MonitorTask } from '../../src/contracts/monitor.js';
import type { OwnEvent } from '../../src/contracts/own-event.js';
import { startMonitorService } from '../../src/monitor/monitor-service.js';
import { openDoor } from '../support/door.js';
import { startTestServer } from '../support/nats-server.js';
import { parsePrometheusText, sampleValue } from './prometheus-text.js';

const task = (access: ServerAccess, plan: Partial<MonitorTask['plan']> = {}): MonitorTask => ({
  plan: { port: 0, subject: 'cim.events.>', domainToken: 2, typeToken: 3, ...plan },
  host: '127.0.0.1',
  access,
  writers: [],
  runId: 'r1',
});

const silent = { onReport: () => {}, onNotice: () => {} };

async function scrape(monitor: MonitorHandle) {
  return parsePrometheusText(await (await fetch(monitor.metricsUrl)).text());
}

const countOf = async (monitor: MonitorHandle, domain: string, type: string) =>
  sampleValue(await scrape(monitor), 'cim_events_total', { domain, type }) ?? 0;

/** Everybody else who listens. */
async function listen(access: ServerAccess) {
  const { host, port } = access.servers[0]!;
  const nc = await connect({ servers: `${host}:${port}`, reconnectTimeWait: 50, maxReconnectAttempts: -1 });
  const heard: { subject: string; said: Record<string, unknown> }[] = [];
  nc.subscribe('cim.events.>', {
    callback: (_, message) => {
      heard.push({ subject: message.subject, said: message.json() });
    },
  });
  await nc.flush();
  return { nc, heard, [Symbol.asyncDispose]: () => nc.close() };
}

const seen = (n: number): OwnEvent => ({ domain: 'nats', type: 'NodeSeen', fields: { n } });

describe('what a monitor says itself', () => {
  it('is heard by everybody who listens, and counted by itself once', async () => {
    await using server = await startTestServer();
    await using others = await listen(server.access);
    await using monitor = await startMonitorService(task(server.access), silent);
    for (let n = 0; n < 100; n++) monitor.publish(seen(n));

    await waitFor(() => others.heard.length === 101, { timeoutMs: 30_000 });
    expect(others.heard[0]).toMatchObject({
      subject: 'cim.events.stormglass.MonitorStarted',
      said: { run: 'r1' },
    });
    expect(others.heard.slice(1).map(({ said }) => said.n)).toEqual(Array.from({ length: 100 }, (_, n) => n));
    await monitor.drained(100, 5000);
    expect(await countOf(monitor, 'nats', 'NodeSeen')).toBe(100);
    expect(await countOf(monitor, 'stormglass', 'MonitorStarted')).toBe(1);
  });

  it('is counted while there is no server, and published when there is one again: once each', async () => {
    await using server = await startTestServer();
    await using others = await listen(server.access);
    await using door = await openDoor(server.port);
    await using monitor = await startMonitorService(task(door.access), silent);
    door.shut();
    await waitFor(async () => (await countOf(monitor, 'stormglass', 'MonitorDisconnected')) === 1, {
      timeoutMs: 30_000,
    });
    for (let n = 0; n < 5; n++) monitor.publish(seen(n));
    expect(await countOf(monitor, 'nats', 'NodeSeen')).toBe(5);
    await others.nc.flush();
    expect(others.heard.map(({ subject }) => subject)).toEqual(['cim.events.stormglass.MonitorStarted']);

    door.open();
    await waitFor(async () => (await countOf(monitor, 'stormglass', 'MonitorReconnected')) === 1, {
      timeoutMs: 30_000,
    });
    monitor.publish(seen(5));
    await waitFor(() => others.heard.some(({ said }) => said.n === 5), { timeoutMs: 30_000 });
    expect(others.heard.flatMap(({ said }) => said.n ?? [])).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await countOf(monitor, 'nats', 'NodeSeen')).toBe(6);
  });

  it('is not published, but counted, where the server does not let it; and says so once', async () => {
    await using server = await startTestServer({
      config: {
        authorization: {
          users: [{ user: 'm', password: 'p', permissions: { subscribe: '>', publish: { deny: '>' } } }],
        },
      },
    });
    const notices: LoadNotice[] = [];
    const access = { ...server.access, user: 'm', password: 'p' };
    await using monitor = await startMonitorService(task(access), {
      onReport: () => {},
      onNotice: (notice) => notices.push(notice),
    });
    for (let n = 0; n < 10; n++) monitor.publish(seen(n));
    await waitFor(() => notices.length > 0, { timeoutMs: 30_000 });
    for (let n = 10; n < 20; n++) monitor.publish(seen(n));
    expect(await countOf(monitor, 'nats', 'NodeSeen')).toBe(20);
    expect(notices.map(({ kind }) => kind)).toEqual(['note']);
    expect(notices[0]!.text).toMatch(/not published, only counted: .*permissions violation/i);
  });

  it('is nothing where it is told to be silent', async () => {
    await using server = await startTestServer();
    await using others = await listen(server.access);
    await using monitor = await startMonitorService(task(server.access, { ownEvents: false }), silent);
    monitor.publish(seen(1));
    await monitor.drained(50, 5000);
    await others.nc.flush();
    expect(others.heard).toEqual([]);
    expect(await countOf(monitor, 'nats', 'NodeSeen')).toBe(0);
  });
});
