import { connect } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { NS, nowNs } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import type { LoadNotice, ServerAccess } from '../../src/contracts/load.js';
import type { MonitorHandle } from '../../src/contracts/monitor.js';
import { startMonitorService } from '../../src/monitor/monitor-service.js';
import { openDoor } from '../support/door.js';
import { startTestServer } from '../support/nats-server.js';
import { whileStopped } from '../support/pause-process.js';
import { monitorTask } from './monitor-task.js';
import { parsePrometheusText, sampleValue } from './prometheus-text.js';

const LONG = { timeoutMs: 30_000 };

/** A user that may publish, and listen to this. */
const letting = (subscribe: readonly string[]) => ({
  authorization: { users: [{ user: 'u', password: 'p', permissions: { subscribe, publish: ['>'] } }] },
});

async function startMonitor(access: ServerAccess) {
  const notices: LoadNotice[] = [];
  const monitor = await startMonitorService(monitorTask(access), {
    onReport: () => {},
    onNotice: (notice) => notices.push(notice),
  });
  return { monitor, notices, [Symbol.asyncDispose]: () => monitor[Symbol.asyncDispose]() };
}

async function figures(monitor: MonitorHandle) {
  const samples = parsePrometheusText(await (await fetch(monitor.metricsUrl)).text());
  const health = await fetch(new URL('/healthz', monitor.metricsUrl));
  return {
    connected: sampleValue(samples, 'cim_monitor_connected'),
    blind: sampleValue(samples, 'cim_monitor_blind_seconds_total')!,
    said: (type: string) => sampleValue(samples, 'cim_events_total', { domain: 'stormglass', type }) ?? 0,
    of: (domain: string) => sampleValue(samples, 'cim_events_total', { domain }) ?? 0,
    health: health.status,
    reason: await health.text(),
  };
}

const kinds = (notices: readonly LoadNotice[]) => notices.map(({ kind }) => kind);

/** Publishes as the user until the monitor has something of it: it sees. */
async function untilSeen(monitor: MonitorHandle, access: ServerAccess): Promise<void> {
  const { host, port } = access.servers.at(-1)!;
  const nc = await connect({ servers: `${host}:${port}`, user: 'u', pass: 'p' });
  const isSeen = await waitFor(async () => {
    nc.publish('cim.events.orders.Placed');
    await nc.flush();
    return (await figures(monitor)).of('orders') > 0;
  }, LONG);
  await nc.close();
  expect(isSeen).toBe(true);
}

describe('a monitor', () => {
  it('is blind at a server that does not let it listen, until one does', async () => {
    await using open = await startTestServer({ config: letting(['>']) });
    await using deaf = await startTestServer({ config: letting(['_INBOX.>']) });
    const access = {
      servers: [...open.access.servers, ...deaf.access.servers],
      user: 'u',
      password: 'p',
    };
    await using started = await startMonitor(access);
    const { monitor, notices } = started;
    await open.stop('SIGKILL');
    await waitFor(async () => (await figures(monitor)).said('MonitorRefused') === 1, LONG);
    const refused = await figures(monitor);
    expect(refused).toMatchObject({ connected: 0, health: 503 });
    expect(refused.reason).toMatch(/^Permissions Violation for Subscription/);
    expect(refused.said('MonitorReconnected')).toBe(0);
    expect(kinds(notices)).toEqual(['disconnected', 'permission-violation']);
    await waitFor(async () => (await figures(monitor)).blind > refused.blind + 0.01, LONG);

    await deaf.reload(letting(['>']));
    await waitFor(async () => (await figures(monitor)).connected === 1, LONG);
    const seeing = await figures(monitor);
    expect(seeing.health).toBe(200);
    expect(seeing.said('MonitorReconnected')).toBe(1);
    expect(seeing.said('MonitorRefused')).toBe(1);
    const [cut, , back] = notices;
    expect(back!.kind).toBe('reconnected');
    expect(seeing.blind).toBeCloseTo((back!.atNs - cut!.atNs) / NS.s, 6);
    await untilSeen(monitor, access);
  });

  it('is blind from when its permission is taken away until it is given back', async () => {
    await using server = await startTestServer({ config: letting(['>']) });
    const access = { ...server.access, user: 'u', password: 'p' };
    await using started = await startMonitor(access);
    const { monitor, notices } = started;
    await server.reload(letting(['_INBOX.>']));
    await waitFor(async () => (await figures(monitor)).health === 503, LONG);
    const refused = await figures(monitor);
    expect(refused.connected).toBe(0);
    expect(refused.said('MonitorRefused')).toBe(1);
    expect(kinds(notices)).toEqual(['permission-violation', 'disconnected']);

    await server.reload(letting(['>']));
    await waitFor(async () => (await figures(monitor)).health === 200, LONG);
    const seeing = await figures(monitor);
    expect(seeing.connected).toBe(1);
    expect(seeing.blind).toBeCloseTo((notices[2]!.atNs - notices[1]!.atNs) / NS.s, 6);
    expect(seeing.said('MonitorReconnected')).toBe(1);
    await untilSeen(monitor, access);
  });

  it('was blind since the last word of a server that stood still', async () => {
    await using one = await startTestServer({ config: letting(['>']) });
    await using two = await startTestServer({ config: letting(['>']) });
    const access = { servers: [...one.access.servers, ...two.access.servers], user: 'u', password: 'p' };
    await using started = await startMonitor(access);
    const { monitor, notices } = started;
    const beforeNs = nowNs();
    await untilSeen(monitor, { servers: one.access.servers });
    const stillNs = await whileStopped(one.pid, async () => {
      // What it said before is read by now.
      await figures(monitor);
      const now = nowNs();
      await waitFor(() => notices.length === 2, LONG);
      return now;
    });
    const [cut, back] = notices;
    expect(cut!.atNs).toBeGreaterThan(beforeNs);
    expect(cut!.atNs).toBeLessThan(stillNs);
    expect((await figures(monitor)).blind).toBeCloseTo((back!.atNs - cut!.atNs) / NS.s, 6);
    expect(back!.atNs - cut!.atNs).toBeGreaterThan(NS.s);
  });

  it('says once, as an event, what a server that refuses it tells again and again', async () => {
    await using open = await startTestServer({ config: letting(['>']) });
    await using locked = await startTestServer({ config: { authorization: { token: 's3cret' } } });
    const access = { servers: [...open.access.servers, ...locked.access.servers], user: 'u', password: 'p' };
    await using started = await startMonitor(access);
    const { monitor, notices } = started;
    await open.stop('SIGKILL');
    const refusals = () => notices.filter(({ kind }) => kind === 'server-error');
    await waitFor(() => refusals().length > 2, LONG);
    expect(refusals()[0]!.text).toMatch(/^127\.0\.0\.1:\d+ refused a reconnection: .*authorization/i);
    const said = await figures(monitor);
    expect(said.said('MonitorServerError')).toBe(1);
    expect(said.reason).toMatch(/^not connected: .*authorization/i);
  });

  it('says for how long it was blind, and that it ends', async () => {
    await using server = await startTestServer();
    await using door = await openDoor(server.port);
    const nc = await connect({ servers: `127.0.0.1:${server.port}` });
    const said: { type: string; event: Record<string, unknown> }[] = [];
    nc.subscribe('cim.events.stormglass.>', {
      callback: (_, message) => {
        said.push({ type: message.subject.split('.').at(-1)!, event: message.json() });
      },
    });
    await nc.flush();
    await using started = await startMonitor(door.access);
    const { monitor, notices } = started;
    await waitFor(() => said.length === 1, LONG);
    door.shut();
    await waitFor(() => notices.length === 1, LONG);
    door.open();
    await waitFor(() => notices.length === 2, LONG);
    await monitor[Symbol.asyncDispose]();
    await waitFor(() => said.length === 4, LONG);
    await nc.close();
    expect(said.map(({ type }) => type)).toEqual([
      'MonitorStarted',
      'MonitorDisconnected',
      'MonitorReconnected',
      'MonitorStopped',
    ]);
    const blindSeconds = (notices[1]!.atNs - notices[0]!.atNs) / NS.s;
    expect(said[2]!.event.blind_seconds).toBeCloseTo(blindSeconds, 2);
  });
});
