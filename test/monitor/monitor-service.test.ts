import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { NS, nowNs } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import type { IntervalReport, LoadNotice, ServerAccess } from '../../src/contracts/load.js';
import type { MonitorHandle, MonitorTask } from '../../src/contracts/monitor.js';
import { LatencyHistogram } from '../../src/metrics/latency-histogram.js';
import { PhaseClock } from '../../src/metrics/phase-clock.js';
import { startMonitorService } from '../../src/monitor/monitor-service.js';
import { writeStamp } from '../../src/wire/stamp.js';
import { startTestServer } from '../support/nats-server.js';
import { monitorTask } from './monitor-task.js';
import { parsePrometheusText, sampleValue } from './prometheus-text.js';

const task = (access: ServerAccess, more: Partial<MonitorTask> = {}) =>
  monitorTask(access, { ownEvents: false }, more);

function gather() {
  const reports: IntervalReport[] = [];
  const notices: LoadNotice[] = [];
  return {
    reports,
    notices,
    onReport: (report: IntervalReport) => reports.push(report),
    onNotice: (notice: LoadNotice) => notices.push(notice),
    sum: (counter: 'received' | 'lost', phase?: string) =>
      reports
        .flatMap(({ phases }) => phases)
        .filter((each) => phase === undefined || each.phase === phase)
        .reduce((total, { counters }) => total + (counters[counter] ?? 0), 0),
  };
}

async function scrape(monitor: MonitorHandle) {
  const response = await fetch(monitor.metricsUrl);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return parsePrometheusText(await response.text());
}

function stamped(writer: number, sequence: number, dueNs = nowNs(), bytes = 16): Buffer {
  const payload = Buffer.alloc(bytes, 'x');
  writeStamp(payload, 0, writer, sequence, Math.floor(dueNs / NS.us));
  return payload;
}

/** Publishes from another process; this thread stands still until the server has it. */
function publishMeanwhile(port: number, subject: string, payload: Buffer): void {
  const lines = `CONNECT {"verbose":false}\r\nPUB ${subject} ${payload.length}\r\n`;
  const bytes = Buffer.concat([Buffer.from(lines), payload, Buffer.from('\r\nPING\r\n')]).toString('base64');
  const program = `const socket = require('node:net').connect(${port}, '127.0.0.1');
    socket.write(Buffer.from('${bytes}', 'base64'));
    socket.on('data', (data) => String(data).includes('PONG') && process.exit());`;
  execFileSync(process.execPath, ['-e', program], { timeout: 30_000 });
}

const publisher = (access: ServerAccess) =>
  connect({ servers: access.servers.map(({ host, port }) => `${host}:${port}`), reconnectTimeWait: 50 });

describe('the monitor', () => {
  it('counts every event by domain and type as they appear, ours with lag, foreign ones without', async () => {
    await using server = await startTestServer();
    await using monitor = await startMonitorService(task(server.access), gather());
    const nc = await publisher(server.access);
    for (let i = 0; i < 20_000; i++) {
      const type = i % 64;
      nc.publish(`cim.events.domain-${type % 8}.Type${type}.region.${i % 100}`, stamped(1, i, nowNs(), 24));
      if (i % 100 === 0) nc.publish('cim.events.legacy.Json', '{"orderId":1}');
      if (i % 2000 === 0) await nc.flush();
    }
    nc.publish('elsewhere.orders.Placed', 'not for the monitor');
    await nc.drain();
    await monitor.drained(100, 60_000);

    const samples = await scrape(monitor);
    for (let type = 0; type < 64; type++) {
      const labels = { domain: `domain-${type % 8}`, type: `Type${type}` };
      const expected = Math.ceil((20_000 - type) / 64);
      expect(sampleValue(samples, 'cim_events_total', labels)).toBe(expected);
      expect(sampleValue(samples, 'cim_event_messages_total', labels)).toBe(expected);
      expect(sampleValue(samples, 'cim_event_bytes_total', labels)).toBe(24 * expected);
    }
    expect(sampleValue(samples, 'cim_events_total', { domain: 'legacy', type: 'Json' })).toBe(200);
    expect(samples.filter(({ name }) => name === 'cim_events_total')).toHaveLength(65);
    expect(sampleValue(samples, 'cim_event_lag_seconds_count', { domain: 'domain-3' })).toBe(2500);
    expect(sampleValue(samples, 'cim_event_lag_seconds_bucket', { domain: 'domain-3', le: '+Inf' })).toBe(
      2500,
    );
    expect(sampleValue(samples, 'cim_event_lag_seconds_count', { domain: 'legacy' })).toBeUndefined();
    expect(sampleValue(samples, 'cim_events_lost_total', { load: 'unknown' })).toBe(0);
    expect(sampleValue(samples, 'cim_monitor_connected')).toBe(1);
    const lastSeen = sampleValue(samples, 'cim_event_last_seen_timestamp_seconds', { domain: 'legacy' })!;
    expect(Math.abs(lastSeen - Date.now() / 1000)).toBeLessThan(60);
  });

  it('puts lag into buckets that add up, and does not believe the clock of another machine', async () => {
    await using server = await startTestServer();
    await using monitor = await startMonitorService(task(server.access), gather());
    const nc = await publisher(server.access);
    const now = nowNs();
    for (const [sequence, agoNs] of [40 * NS.ms, 300 * NS.ms, 40 * NS.s].entries()) {
      nc.publish('cim.events.orders.Placed', stamped(1, sequence, now - agoNs));
    }
    nc.publish('cim.events.orders.Placed', stamped(2, 0, now + 600 * NS.s));
    await nc.drain();
    await monitor.drained(100, 60_000);
    const samples = await scrape(monitor);
    const bucket = (le: string) =>
      sampleValue(samples, 'cim_event_lag_seconds_bucket', { domain: 'orders', le });
    expect(bucket('0.025')).toBe(0);
    expect(bucket('30.0')).toBe(2);
    expect(bucket('+Inf')).toBe(3);
    expect(sampleValue(samples, 'cim_event_lag_seconds_sum', { domain: 'orders' })).toBeGreaterThan(40.34);
    expect(sampleValue(samples, 'cim_events_total', { domain: 'orders' })).toBe(4);
    expect(sampleValue(samples, 'cim_monitor_lag_discarded_total', { sign: 'negative' })).toBe(1);
  });

  it('reports received, lost and lag to the run, by load and by the phase in which an event was due', async () => {
    await using server = await startTestServer();
    const phases = PhaseClock.create();
    const gathered = gather();
    const writers = [
      { writer: 7, load: 'orders' },
      { writer: 8, load: 'orders' },
      { writer: 9, load: 'firehose' },
    ];
    await using monitor = await startMonitorService(
      task(server.access, { writers, phaseClock: phases.buffer }),
      gathered,
    );
    const nc = await publisher(server.access);
    const start = nowNs();
    const boundary = start + 20 * NS.ms;
    // A stamp has microseconds.
    const after = boundary + NS.ms;
    phases.begin('faults', boundary);
    const publish = (writer: number, sequence: number, dueNs: number) =>
      nc.publish('cim.events.orders.Placed', stamped(writer, sequence, dueNs));
    for (const sequence of [0, 1, 2]) publish(7, sequence, start - 50 * NS.ms);
    for (const sequence of [2, 3]) publish(8, sequence, start - 50 * NS.ms);
    await waitFor(() => nowNs() > after, { timeoutMs: 30_000, everyMs: 5 });
    for (const sequence of [3, 8, 9, 9, 10]) publish(7, sequence, after);
    for (const sequence of [0, 1, 2, 3]) publish(9, sequence, after);
    publish(4242, 17, after);
    await nc.drain();
    await monitor.drained(100, 60_000);

    expect(new Set(gathered.reports.map(({ load, worker }) => `${load} ${worker}`))).toEqual(
      new Set(['orders -1', 'firehose -1']),
    );
    expect(gathered.sum('received', 'steady')).toBe(5);
    expect(gathered.sum('lost', 'steady')).toBe(2);
    expect(gathered.sum('received', 'faults')).toBe(8);
    expect(gathered.sum('lost', 'faults')).toBe(4);
    const steadyLag = new LatencyHistogram();
    for (const { load, phases } of gathered.reports) {
      for (const { phase, histograms } of phases) {
        if (load === 'orders' && phase === 'steady' && histograms.lag) steadyLag.add(histograms.lag);
      }
    }
    expect(steadyLag.total).toBe(5);
    expect(steadyLag.min).toBeGreaterThanOrEqual(50 * NS.ms);

    const samples = await scrape(monitor);
    expect(sampleValue(samples, 'cim_events_lost_total', { load: 'orders' })).toBe(6);
    expect(sampleValue(samples, 'cim_events_lost_total', { load: 'firehose' })).toBe(0);
    expect(sampleValue(samples, 'cim_events_duplicated_total', { load: 'orders' })).toBe(1);
    expect(sampleValue(samples, 'cim_events_received_total', { load: 'orders' })).toBe(9);
    expect(sampleValue(samples, 'cim_events_received_total', { load: 'unknown' })).toBe(1);
  });

  it('goes on at another server when its own is killed, and counts the time it saw nothing', async () => {
    await using first = await startTestServer();
    await using second = await startTestServer();
    const gathered = gather();
    const access = { servers: [...first.access.servers, ...second.access.servers] };
    await using monitor = await startMonitorService(task(access), gathered);
    await first.stop('SIGKILL');
    const healthz = new URL('/healthz', monitor.metricsUrl);
    await waitFor(async () => gathered.notices.some(({ kind }) => kind === 'reconnected'), {
      timeoutMs: 30_000,
    });
    expect((await fetch(healthz)).status).toBe(200);
    const nc = await publisher(second.access);
    // The subscription follows the connection: publish until the first event is through.
    await waitFor(
      async () => {
        nc.publish('cim.events.orders.Placed', 'after');
        await nc.flush();
        return sampleValue(await scrape(monitor), 'cim_events_total', { domain: 'orders' }) !== undefined;
      },
      { timeoutMs: 30_000 },
    );
    await nc.drain();
    const samples = await scrape(monitor);
    expect(sampleValue(samples, 'cim_monitor_reconnects_total')).toBe(1);
    expect(sampleValue(samples, 'cim_monitor_blind_seconds_total')).toBeGreaterThan(0);
    expect(gathered.notices.map(({ kind, load, worker }) => [kind, load, worker])).toEqual([
      ['disconnected', 'monitor', -1],
      ['reconnected', 'monitor', -1],
    ]);
  });

  it('says that it is blind when no server is left', async () => {
    await using server = await startTestServer();
    await using monitor = await startMonitorService(task(server.access), gather());
    await server.stop('SIGKILL');
    const blind = await waitFor(
      async () => {
        const response = await fetch(new URL('/healthz', monitor.metricsUrl));
        return response.status === 503 && (await response.text());
      },
      { timeoutMs: 30_000 },
    );
    expect(blind).toMatch(/^not connected: /);
    const earlier = sampleValue(await scrape(monitor), 'cim_monitor_blind_seconds_total')!;
    const grew = await waitFor(
      async () => sampleValue(await scrape(monitor), 'cim_monitor_blind_seconds_total')! > earlier,
      { timeoutMs: 30_000 },
    );
    expect(grew).toBe(true);
    expect(sampleValue(await scrape(monitor), 'cim_monitor_connected')).toBe(0);
  });

  it('keeps the number of series bounded', async () => {
    await using server = await startTestServer();
    await using monitor = await startMonitorService(task(server.access), gather(), 10);
    const nc = await publisher(server.access);
    for (let i = 0; i < 100; i++) nc.publish(`cim.events.orders.Type${i}`, 'x');
    await nc.drain();
    await monitor.drained(100, 60_000);
    const samples = await scrape(monitor);
    expect(samples.filter(({ name }) => name === 'cim_events_total')).toHaveLength(10);
    expect(sampleValue(samples, 'cim_events_total', { domain: 'other', type: 'other' })).toBe(91);
    expect(sampleValue(samples, 'cim_monitor_series_dropped_total')).toBe(91);
  });

  it('writes hostile subjects so that they can be scraped', async () => {
    await using server = await startTestServer();
    await using monitor = await startMonitorService(task(server.access), gather());
    const nc = await publisher(server.access);
    const hostile = ['a"b', 'back\\slash', 'brace}{', 'comma,x="y"', '\u{1f600}', '__proto__', '#', 'a\\n'];
    for (const type of hostile) nc.publish(`cim.events.hostile.${type}`, '');
    await nc.drain();
    await monitor.drained(100, 60_000);
    const samples = await scrape(monitor);
    for (const type of hostile)
      expect(sampleValue(samples, 'cim_events_total', { domain: 'hostile', type })).toBe(1);
  });

  it('names the option when the port is in use', async () => {
    await using server = await startTestServer();
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    try {
      const plan = { ...task(server.access).plan, port };
      await expect(startMonitorService(task(server.access, { plan }), gather())).rejects.toMatchObject({
        exit: 'preflight',
        message: `127.0.0.1:${port} is in use`,
        hint: expect.stringMatching(/monitor\.port.*--port/),
      });
    } finally {
      taken.close();
    }
  });

  it('says who does not let it in, and what is no subject; and gives its port back', async () => {
    await using locked = await startTestServer({ config: { authorization: { token: 's3cret' } } });
    await expect(startMonitorService(task(locked.access), gather())).rejects.toMatchObject({
      exit: 'preflight',
      message: expect.stringMatching(/authorization/i),
    });
    await using deaf = await startTestServer({
      config: {
        authorization: {
          users: [{ user: 'u', password: 'p', permissions: { subscribe: ['_INBOX.>'], publish: ['>'] } }],
        },
      },
    });
    const gathered = gather();
    await expect(
      startMonitorService(task({ ...deaf.access, user: 'u', password: 'p' }), gathered),
    ).rejects.toMatchObject({
      exit: 'preflight',
      message: expect.stringMatching(/may not listen: .*subscription/i),
      hint: expect.stringContaining('subscribe to cim.events.>'),
    });
    // Once is enough.
    expect(gathered.notices).toEqual([]);
    for (const subject of ['', 'a b', 'a..b', 'a.>.b', 'a\r\nPUB x 0']) {
      const plan = { ...task(locked.access).plan, subject };
      await expect(startMonitorService(task(locked.access, { plan }), gather())).rejects.toMatchObject({
        exit: 'usage',
      });
    }
  });

  it('waits for quiet before it is drained, but not for ever', async () => {
    await using server = await startTestServer();
    await using monitor = await startMonitorService(task(server.access), gather());
    const nc = await publisher(server.access);
    const noise = setInterval(() => nc.publish('cim.events.orders.Placed', 'x'), 10);
    try {
      let drained = false;
      const calledNs = nowNs();
      const given = monitor.drained(1490, 1500).then(() => {
        drained = true;
      });
      await waitFor(
        async () => sampleValue(await scrape(monitor), 'cim_events_total', { domain: 'orders' })! > 20,
        {
          timeoutMs: 30_000,
        },
      );
      expect(drained && nowNs() - calledNs < 1500 * NS.ms).toBe(false);
      await given;
      // It was not quiet for a moment: the time was up.
      expect(nowNs() - calledNs).toBeGreaterThanOrEqual(1500 * NS.ms);
    } finally {
      clearInterval(noise);
      await nc.drain();
    }
  });

  it('does not take a standstill of its own for quiet: what came meanwhile is counted before it is drained', async () => {
    await using server = await startTestServer();
    const gathered = gather();
    const writers = [{ writer: 1, load: 'orders' }];
    await using monitor = await startMonitorService(task(server.access, { writers }), gathered);
    let given: Promise<number>;
    do {
      given = monitor.drained(200, 30_000).then(() => gathered.sum('received'));
      // A look at its page takes a moment, in which the server's first answer comes; and on a busy machine quiet may be over.
    } while (await Promise.race([given.then(() => true), scrape(monitor).then(() => false)]));
    // This thread stands still until a server has taken in an event, and for longer than it is to be quiet.
    const stillNs = nowNs();
    publishMeanwhile(server.port, 'cim.events.orders.Placed', stamped(1, 0));
    while (nowNs() - stillNs < 300 * NS.ms);
    expect(await given).toBe(1);
  });

  it('says how long the last page took', async () => {
    await using server = await startTestServer();
    await using monitor = await startMonitorService(task(server.access), gather());
    const askedNs = nowNs();
    await scrape(monitor);
    const tookSeconds = (nowNs() - askedNs) / NS.s;
    const said = sampleValue(await scrape(monitor), 'cim_monitor_scrape_seconds');
    expect(said).toBeGreaterThan(0);
    expect(said).toBeLessThan(tookSeconds);
  });

  it('answers only what it has', async () => {
    await using server = await startTestServer();
    await using monitor = await startMonitorService(task(server.access), gather());
    expect((await fetch(new URL('/', monitor.metricsUrl))).status).toBe(404);
    expect((await fetch(monitor.metricsUrl, { method: 'POST' })).status).toBe(405);
    expect(await (await fetch(new URL('/healthz', monitor.metricsUrl))).text()).toBe('ok\n');
  });
});
