import { connect } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import type { LoadNotice, ServerAccess } from '../../src/contracts/load.js';
import type { MonitorHandle } from '../../src/contracts/monitor.js';
import type { OwnEvent } from '../../src/contracts/own-event.js';
import type { MonitorPlan } from '../../src/contracts/plan/monitor.js';
import { startMonitorService } from '../../src/monitor/monitor-service.js';
import { openDoor } from '../support/door.js';
import { startTestServer } from '../support/nats-server.js';
import { monitorTask, UNHEARD } from './monitor-task.js';
import { parsePrometheusText, sampleValue } from './prometheus-text.js';

const task = (access: ServerAccess, plan: Partial<MonitorPlan> = {}) =>
  monitorTask(access, plan, { runId: 'r1' });

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
    await using monitor = await startMonitorService(task(server.access), UNHEARD);
    for (let n = 0; n < 100; n++) monitor.publish(seen(n));

    await waitFor(() => others.heard.length === 101, { timeoutMs: 30_000 });
    expect(others.heard[0]).toMatchObject({
      subject: 'cim.events.stormglass.MonitorStarted',
      said: { run: 'r1' },
    });
    expect(others.heard.slice(1).map(({ said }) => said.n)).toEqual(Array.from({ length: 100 }, (_, n) => n));
    await monitor.drained(100, 60_000);
    expect(await countOf(monitor, 'nats', 'NodeSeen')).toBe(100);
    expect(await countOf(monitor, 'stormglass', 'MonitorStarted')).toBe(1);
  });

  it('is counted while there is no server, and published when there is one again: once each', async () => {
    await using server = await startTestServer();
    await using others = await listen(server.access);
    await using door = await openDoor(server.port);
    await using monitor = await startMonitorService(task(door.access), UNHEARD);
    await waitFor(() => others.heard.length === 1, { timeoutMs: 30_000 });
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

  it('is published where the server lets it, though not everywhere', async () => {
    const may = { subscribe: '>', publish: { deny: 'cim.events.nats.NodeSeen' } };
    await using server = await startTestServer({
      config: { authorization: { users: [{ user: 'm', password: 'p', permissions: may }] } },
    });
    const nc = await connect({ servers: `127.0.0.1:${server.port}`, user: 'm', pass: 'p' });
    const heard: string[] = [];
    nc.subscribe('cim.events.>', { callback: (_, { subject }) => void heard.push(subject) });
    await nc.flush();
    const notices: LoadNotice[] = [];
    await using monitor = await startMonitorService(task({ ...server.access, user: 'm', password: 'p' }), {
      onReport: () => {},
      onNotice: (notice) => notices.push(notice),
    });
    for (let n = 0; n < 3; n++) monitor.publish(seen(n));
    await waitFor(() => notices.length > 0, { timeoutMs: 30_000 });
    monitor.publish({ domain: 'nats', type: 'NodeLost', fields: {} });
    await waitFor(() => heard.length === 2, { timeoutMs: 30_000 });
    await nc.close();
    expect(heard).toEqual(['cim.events.stormglass.MonitorStarted', 'cim.events.nats.NodeLost']);
    expect(notices).toHaveLength(1);
    expect(await countOf(monitor, 'nats', 'NodeSeen')).toBe(3);
  });

  it('is nothing where it is told to be UNHEARD', async () => {
    await using server = await startTestServer();
    await using others = await listen(server.access);
    await using monitor = await startMonitorService(task(server.access, { ownEvents: false }), UNHEARD);
    monitor.publish(seen(1));
    await monitor.drained(50, 60_000);
    await others.nc.flush();
    expect(others.heard).toEqual([]);
    expect(await countOf(monitor, 'nats', 'NodeSeen')).toBe(0);
  });
});
