import { connect } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { scenarioText, Workplace } from '../support/cli.js';
import { startTestServer } from '../support/nats-server.js';
import { leaseTestPorts } from '../support/test-ports.js';

const metricsOf = async (url: string): Promise<string> => (await fetch(url)).text();
const urlIn = (text: string): string | undefined => /http:\/\/127\.0\.0\.1:\d+\/metrics/.exec(text)?.[0];

describe('the monitor', () => {
  it('alone counts what it sees by domain and type, until it is told to stop', async () => {
    await using place = new Workplace();
    await using server = await startTestServer();
    using lease = await leaseTestPorts(1);
    const [freePort] = lease.ports;
    const monitor = place.start([
      'monitor',
      '--server',
      `nats://127.0.0.1:${server.port}`,
      '--port',
      String(freePort),
    ]);
    const url = await waitFor(() => urlIn(monitor.stderr()), { timeoutMs: 60_000 });
    expect(url).toContain(String(freePort));
    // On a busy machine the page may be there before the server has answered.
    await expect.poll(() => metricsOf(url as string)).toContain('cim_monitor_connected 1');

    const nc = await connect({ servers: `127.0.0.1:${server.port}` });
    for (let i = 0; i < 3; i++) nc.publish('cim.events.orders.Placed', JSON.stringify({ i }));
    nc.publish('cim.events.gpu.Overheated.card-1', 'x');
    await nc.flush();
    await nc.close();
    const seen = await waitFor(
      async () => {
        const text = await metricsOf(url as string);
        return text.includes('type="Overheated"') ? text : undefined;
      },
      { timeoutMs: 60_000 },
    );
    expect(seen).toContain('cim_events_total{domain="orders",type="Placed"} 3');
    expect(seen).toContain('cim_events_total{domain="gpu",type="Overheated"} 1');
    expect((await fetch((url as string).replace('/metrics', '/healthz'))).status).toBe(200);

    monitor.child.kill('SIGINT');
    expect((await monitor.ended).code).toBe(0);
  });

  it('alone waits for a server, says so once, and is ended by Ctrl-C all the same', async () => {
    await using place = new Workplace();
    const monitor = place.start(['monitor', '--server', 'nats://127.0.0.1:1', '--port', '0']);
    const url = await waitFor(() => urlIn(monitor.stderr()), { timeoutMs: 60_000 });
    expect(await metricsOf(url as string)).toContain('cim_monitor_connected 0');
    expect(monitor.stderr()).toMatch(/^disconnected: cannot connect: 127\.0\.0\.1:1: .*it goes on trying$/m);
    monitor.child.kill('SIGINT');
    expect((await monitor.ended).code).toBe(0);
    expect(monitor.stderr().match(/cannot connect/g)).toHaveLength(1);
  });

  it('says which option to use when its port is taken', async () => {
    await using place = new Workplace();
    await using server = await startTestServer();
    const end = await place.run([
      'monitor',
      '--server',
      `nats://127.0.0.1:${server.port}`,
      '--port',
      String(server.port),
    ]);
    expect(end.code, end.stderr).toBe(3);
    expect(end.stderr).toContain('--port');
  });

  it('serves the metrics of a run while it runs', async () => {
    await using place = new Workplace();
    const run = place.startScenario(
      scenarioText({
        load: '[{ name: orders, kind: js-publish, domains: [orders], rate: 500/s, for: 60s, max-lateness: 30s }]',
      }),
    );
    const started = await place.event((event) => event.type === 'monitor', 'the monitor');
    const seen = await waitFor(
      async () => {
        const text = await metricsOf(String(started.url));
        return /cim_events_total\{domain="orders",type="Placed"\} [1-9]/.test(text) ? text : undefined;
      },
      { timeoutMs: 30_000 },
    );
    expect(seen).toContain('cim_event_lag_seconds_bucket');
    run.child.kill('SIGINT');
    expect((await run.ended).code).toBe(130);
  });
});
