import { connect } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import type { LoadNotice, ServerAccess } from '../../src/contracts/load.js';
import type { MonitorTask } from '../../src/contracts/monitor.js';
import { startMonitorService } from '../../src/monitor/monitor-service.js';
import { openDoor } from '../support/door.js';
import { startTestServer } from '../support/nats-server.js';
import { monitorTask } from './monitor-task.js';
import { parsePrometheusText, sampleValue } from './prometheus-text.js';

const LONG = { timeoutMs: 30_000 };

async function startWaiting(access: ServerAccess, more: Partial<MonitorTask> = {}) {
  const notices: LoadNotice[] = [];
  const monitor = await startMonitorService(monitorTask(access, {}, { waitsForServer: true, ...more }), {
    onReport: () => {},
    onNotice: (notice) => notices.push(notice),
  });
  const figure = async (name: string, labels: Record<string, string> = {}) =>
    sampleValue(parsePrometheusText(await (await fetch(monitor.metricsUrl)).text()), name, labels);
  return { monitor, notices, figure, [Symbol.asyncDispose]: () => monitor[Symbol.asyncDispose]() };
}

describe('a monitor that waits for a server', () => {
  it('serves its page meanwhile, blind, and sees when there is one', async () => {
    await using server = await startTestServer();
    await using door = await openDoor(server.port);
    door.shut();
    const monitorUrl = 'http://127.0.0.1:1';
    await using started = await startWaiting(door.access, { servers: { targets: [{ monitorUrl }] } });
    const { monitor, notices, figure } = started;
    expect(notices.map(({ kind }) => kind)).toEqual(['disconnected']);
    expect(notices[0]!.text).toMatch(/^cannot connect: 127\.0\.0\.1:\d+: .*goes on trying$/);
    expect(await figure('cim_monitor_connected')).toBe(0);
    expect((await fetch(new URL('/healthz', monitor.metricsUrl))).status).toBe(503);
    const blind = (await figure('cim_monitor_blind_seconds_total'))!;
    expect(await waitFor(async () => (await figure('cim_monitor_blind_seconds_total'))! > blind, LONG)).toBe(
      true,
    );
    expect(await waitFor(async () => (await figure('cim_nats_up')) === 0, LONG)).toBe(true);

    door.open();
    expect(await waitFor(async () => (await figure('cim_monitor_connected')) === 1, LONG)).toBe(true);
    expect(notices.map(({ kind }) => kind)).toEqual(['disconnected', 'reconnected']);
    const nc = await connect({ servers: `127.0.0.1:${server.port}` });
    nc.publish('cim.events.orders.Placed');
    await nc.drain();
    expect(
      await waitFor(async () => (await figure('cim_events_total', { domain: 'orders' })) === 1, LONG),
    ).toBe(true);
    expect(await figure('cim_events_total', { domain: 'stormglass', type: 'MonitorStarted' })).toBe(1);
    expect(await figure('cim_monitor_reconnects_total')).toBe(0);
  });

  it('ends when the first server that it finds does not let it in', async () => {
    await using locked = await startTestServer({ config: { authorization: { token: 's3cret' } } });
    await using door = await openDoor(locked.port);
    door.shut();
    await using started = await startWaiting({ ...door.access, token: 'wrong' });
    door.open();
    expect(await started.monitor.failed).toMatchObject({
      exit: 'preflight',
      message: expect.stringMatching(/authorization/i),
    });
  });

  it('does not wait where a server says no at once', async () => {
    await using locked = await startTestServer({ config: { authorization: { token: 's3cret' } } });
    await expect(startWaiting({ ...locked.access, token: 'wrong' })).rejects.toMatchObject({
      exit: 'preflight',
      hint: 'Check the token.',
    });
  });
});
