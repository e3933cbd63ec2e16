import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { Workplace } from '../support/cli.js';
import { type JaegerSpan, jaegerPath, needsJaeger, startJaeger } from '../support/jaeger.js';
import { needs, prometheus } from '../support/prometheus-tools.js';
import { leaseTestPorts } from '../support/test-ports.js';
import { toxiproxyPath } from '../support/toxiproxy.js';

/** A server that stands still for two seconds. */
const PAUSE = '{ at: 3s, for: 2s, kind: node-pause, target: n1 }';

/** To and from a server everything takes long. (One that stands still for long is given up by the monitor.) */
const SLOW = '{ at: 3s, for: 6s, kind: latency, target: n1, on: clients, delay: 600ms }';

/** Commands to workers on one server. */
const scenario = (traces: string, fault = PAUSE, monitorPort = 0) => `version: 1
name: slow-commands
seed: 5
cluster: { driver: process, nodes: 1, jetstream: { storage: memory } }
events:
  mix:
    - { domain: orders, types: [Placed], size: 64B }
    - { domain: shop, types: [Sold], size: 64B }
streams: [{ name: SHOP, subjects: [cim.events.shop.>] }]
load:
  - { name: fleet, kind: agents, agents: 50, behavior: worker, every: 2s, commands: 40/s, for: 10s, max-lateness: 30s, backlog: 30s, ack-timeout: 30s }
  - { name: orders, kind: publish, domains: [orders], rate: 100/s, for: 10s, max-lateness: 30s }
  - { name: shop, kind: js-publish, domains: [shop], rate: 20/s, for: 10s, max-lateness: 30s, ack-timeout: 30s }
  - { name: shipping, kind: js-consume, stream: SHOP }
faults:
  - ${fault}
traces: ${traces}
monitor: { port: ${monitorPort} }
`;

/** Nothing but a load whose every event is traced. */
const CALM = `version: 1
name: calm
seed: 5
cluster: { driver: process, nodes: 1 }
events: { mix: [{ domain: orders, types: [Placed], size: 64B }] }
load:
  - { name: orders, kind: publish, domains: [orders], rate: 40/s, for: 12s, max-lateness: 30s }
traces: { endpoint: 'ENDPOINT', sample: every }
monitor: { port: 0 }
`;

interface Exemplar {
  readonly labels: { readonly trace_id: string };
  readonly value: string;
  /** Unix time, in seconds. */
  readonly timestamp: number;
}

/** A Prometheus that scrapes one address each second, and waits as long for it, and keeps exemplars. */
async function startPrometheus(place: Workplace, program: string, port: number, target: number) {
  const config = place.write(
    'prometheus.yml',
    `global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs:
  - { job_name: stormglass-monitor, static_configs: [{ targets: ['127.0.0.1:${target}'] }] }
`,
  );
  const child = spawn(
    program,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(place.root, 'prometheus')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--enable-feature=exemplar-storage',
    ],
    { stdio: 'ignore' },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    ready: () =>
      waitFor(async () => (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok, { timeoutMs: 60_000 }),
    /** Exemplars of the last hour. */
    exemplars: async (query: string): Promise<readonly Exemplar[]> => {
      const url = new URL(`http://127.0.0.1:${port}/api/v1/query_exemplars`);
      const now = Math.floor(Date.now() / 1000);
      url.search = String(new URLSearchParams({ query, start: String(now - 3600), end: String(now + 60) }));
      const { data } = (await (await fetch(url)).json()) as { data: { exemplars: never[] }[] };
      return data.flatMap(({ exemplars }) => exemplars);
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** The span that it is a part of, among those of its trace. */
function parentOf({ references }: JaegerSpan, among: readonly JaegerSpan[]): JaegerSpan | undefined {
  const id = references.find(({ refType }) => refType === 'CHILD_OF')?.spanID;
  const parent = among.find(({ spanID }) => spanID === id);
  if (id !== undefined && parent === undefined) throw new Error(`Jaeger has no span ${id}`);
  return parent;
}

/** `command > publish > receive`, with who did it. */
const pathOf = (span: JaegerSpan, among: readonly JaegerSpan[]): string => {
  const parent = parentOf(span, among);
  const own = `${span.service.replace('stormglass-', '')}:${span.operationName}`;
  return parent ? `${pathOf(parent, among)} > ${own}` : own;
};

/** Nothing begins before what it is a part of, and Jaeger has no doubt about any clock, parent or id. */
function expectSound(spans: readonly JaegerSpan[], fromMs: number, toMs: number): void {
  for (const span of spans) {
    expect(span.startTime, pathOf(span, spans)).toBeGreaterThanOrEqual(parentOf(span, spans)?.startTime ?? 0);
    expect(span.startTime).toBeGreaterThanOrEqual((fromMs - 1) * 1000);
    expect(span.startTime + span.duration).toBeLessThanOrEqual((toMs + 1) * 1000);
    expect(span.warnings ?? []).toEqual([]);
  }
}

const tagOf = ({ tags }: JaegerSpan, name: string): unknown => tags.find(({ key }) => key === name)?.value;

describe('traces of a run', () => {
  const isHere = jaegerPath !== undefined && prometheus !== undefined;
  const lacks = `${needsJaeger}${needs(prometheus, 'prometheus')}`;
  it.skipIf(!isHere)(`lead from the exemplar of a slow command to what it was made of${lacks}`, async () => {
    using lease = await leaseTestPorts(4);
    const [otlp, query, web, monitor] = lease.ports as [number, number, number, number];
    await using place = new Workplace();
    await using jaeger = await startJaeger(jaegerPath as string, [otlp, query]);
    await using metrics = await startPrometheus(place, prometheus as string, web, monitor);
    expect(await metrics.ready()).toBe(true);
    const file = place.write(
      's.yaml',
      scenario(`{ endpoint: '${jaeger.endpoint}', sample: every }`, SLOW, monitor),
    );
    const fromMs = Date.now();
    const end = await place.run(['run', file, '--out', place.reports], {
      STORMGLASS_TOXIPROXY_SERVER: await toxiproxyPath(),
    });
    const toMs = Date.now();
    expect(end.stderr).toContain('traces');
    const { traces, notices, faults } = place.summary();
    expect(notices.filter(({ load }) => load === 'traces')).toEqual([]);
    expect(traces).toMatchObject({ undelivered: 0, malformed: 0 });
    expect(faults[0]?.status).toBe('reverted');

    // Of events of agents that took longer than half a second to arrive.
    const slow = (await metrics.exemplars('cim_event_lag_seconds_bucket{domain="agents"}')).filter(
      ({ value }) => Number(value) > 0.5,
    );
    expect(slow.length).toBeGreaterThan(0);
    const received = 'fleet:command > fleet:publish > fleet:receive';
    const wanted = [
      'fleet:command > fleet:publish > monitor:receive',
      received,
      `${received} > fleet:work > fleet:publish > fleet:receive`,
    ];
    const hasAll = async () => (await jaeger.spanCount()) === traces?.spans;
    expect(await waitFor(hasAll, { timeoutMs: 60_000, everyMs: 200 })).toBe(true);
    const commands = await Promise.all(
      slow.map(async (exemplar) => {
        const spans = await jaeger.trace(exemplar.labels.trace_id);
        return { exemplar, spans, command: spans.find(({ operationName }) => operationName === 'command') };
      }),
    );
    // The slowest of the fault: one that its end freed half-way took less, and a busy machine makes others slow.
    const [slowest] = commands
      .filter(({ command }) => command && tagOf(command, 'stormglass.faults') === '["fault-1"]')
      .sort((a, b) => (b.command?.duration ?? 0) - (a.command?.duration ?? 0));
    if (!slowest) throw new Error(`no exemplar leads to a command of the fault: ${JSON.stringify(slow)}`);
    const { spans, exemplar } = slowest;
    expect(spans.map((span) => pathOf(span, spans))).toEqual(expect.arrayContaining(wanted));
    expectSound(spans, fromMs, toMs);
    // What the exemplar says is what its trace says: when it was received, and after how long.
    const { value, timestamp } = exemplar;
    const heard = spans.filter(
      ({ service, operationName, startTime, duration }) =>
        service === 'stormglass-monitor' &&
        operationName === 'receive' &&
        Math.abs(duration / 1e6 - Number(value)) < 0.001 &&
        Math.abs((startTime + duration) / 1e6 - timestamp) < 0.05,
    );
    expect(heard).toHaveLength(1);
    const command = slowest.command as JaegerSpan;
    expect(command.duration).toBeGreaterThan(1e6);

    // The command is linked to the fault, a span of the run's own trace.
    const run = await jaeger.trace(traces?.runTraceId ?? '');
    const fault = run.find(({ operationName }) => operationName === 'fault') as JaegerSpan;
    expect(command.references.map(({ spanID }) => spanID)).toContain(fault.spanID);
    const events = fault.logs.map(({ fields }) => fields.find(({ key }) => key === 'event')?.value);
    expect(events).toEqual(['recorded', 'injected', 'observed', 'reverted']);
    expectSound(run, fromMs, toMs);
    expect(pathOf(fault, run)).toBe('stormglass:run > stormglass:load > stormglass:fault');
    const [recordedUs = 0, injectedUs = 0, , revertedUs = 0] = fault.logs.map(({ timestamp: us }) => us);
    expect(recordedUs).toBeGreaterThanOrEqual(fault.startTime);
    // Six seconds, as planned.
    expect(revertedUs - injectedUs).toBeGreaterThan(5.9e6);
    expect(fault.startTime + fault.duration).toBeGreaterThanOrEqual(revertedUs);
    expect(command.startTime).toBeLessThan(revertedUs);
    expect(command.startTime + command.duration).toBeGreaterThan(injectedUs);
    expect(run.map(({ operationName }) => operationName)).toEqual(
      expect.arrayContaining(['run', 'preflight', 'load', 'heal', 'check']),
    );

    // An event into a stream that was acknowledged late: published, acknowledged, received by whoever consumes it and by the monitor.
    const ofFault = ({ operationName, references }: JaegerSpan) =>
      operationName === 'acknowledge' && references.some(({ spanID }) => spanID === fault.spanID);
    const acknowledgedLate = await jaeger.find('stormglass-shop', 'acknowledge', '1s');
    const late = acknowledgedLate.find((each) => each.some(ofFault)) as readonly JaegerSpan[];
    expect(late, JSON.stringify(acknowledgedLate)).toBeDefined();
    expectSound(late, fromMs, toMs);
    expect(late.map((span) => pathOf(span, late)).sort()).toEqual([
      'shop:publish',
      'shop:publish > monitor:receive',
      'shop:publish > shipping:receive',
      'shop:publish > shop:acknowledge',
    ]);
    expect(tagOf(late.find(ofFault) as JaegerSpan, 'stormglass.outcome')).toBe('ok');

    // What the summary calls slowest is there, too, and is the slowest that Jaeger has.
    expect(traces).toMatchObject({ sampleEvery: 1 });
    const told = traces?.slowest[0];
    const slower = await jaeger.find(
      'stormglass-fleet',
      'command',
      `${Math.ceil((told?.durationNs ?? 0) / 1e6) + 1}ms`,
    );
    expect(slower).toEqual([]);
    const toldSpans = await jaeger.trace(told?.traceId ?? '');
    expect(toldSpans.length).toBeGreaterThan(0);
    const begunUs = Math.min(...toldSpans.map(({ startTime }) => startTime));
    const overUs = Math.max(...toldSpans.map(({ startTime, duration }) => startTime + duration));
    const isOfFault = begunUs < revertedUs && overUs > injectedUs;
    expect(told?.faults).toEqual(isOfFault ? ['fault-1'] : []);
  });

  it('are on the disk up to the last batch when the run is killed', async () => {
    await using place = new Workplace();
    const run = place.start([
      'run',
      place.write('s.yaml', scenario('{ sample: every }')),
      '--out',
      place.reports,
    ]);
    const file = () => join(place.runDirs()[0] ?? '', 'traces.ndjson');
    const text = () => (existsSync(file()) ? readFileSync(file(), 'utf8') : '');
    expect(await waitFor(() => text().includes('"name":"work"'), { timeoutMs: 60_000 })).toBe(true);
    run.child.kill('SIGKILL');
    await run.ended;
    const lines = text()
      .split('\n')
      .filter((line) => line !== '');
    for (const line of lines) expect(JSON.parse(line)).toHaveProperty('resourceSpans');
    expect(text().endsWith('\n')).toBe(true);
    expect(text()).toContain('"name":"receive"');
    expect(await place.leftovers()).toEqual([]);
  });

  it('hold nobody up where the collector refuses, wants to be left alone, and then says nothing: it is said once', async () => {
    await using place = new Workplace();
    const asked: number[] = [];
    const collector = createServer((request, response) => {
      request.resume().on('end', () => {
        asked.push(asked.length);
        if (asked.length <= 2) response.writeHead(500).end(`trouble ${asked.length}`);
        else if (asked.length === 3) response.writeHead(429, { 'retry-after': '1' }).end();
      });
    });
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = collector.address() as AddressInfo;
      const file = place.write('s.yaml', CALM.replace('ENDPOINT', `http://127.0.0.1:${port}`));
      const end = await place.run(['run', file, '--out', place.reports]);
      expect(end.code, end.stderr).toBe(0);
      const { traces, notices, loads } = place.summary();
      const { counters } = loads[0]!.total;
      expect([counters.due, counters.sent]).toEqual([480, 480]);
      expect(asked.length).toBeGreaterThanOrEqual(4);
      expect(traces?.undelivered).toBe(traces?.spans);
      const told = notices.filter(({ load }) => load === 'traces');
      expect(told.map(({ count }) => count)).toEqual([traces?.undelivered]);
      expect(told[0]?.text).toContain('it answered 500: trouble 1; ');
      const text = readFileSync(join(place.runDir(), 'traces.ndjson'), 'utf8');
      expect(text.match(/"name":"publish"/g)).toHaveLength(480);
    } finally {
      collector.closeAllConnections();
      collector.close();
    }
  });

  it('hold nobody up where the collector is not there: it is said, and they are in the folder', async () => {
    using lease = await leaseTestPorts(1);
    const [nobody] = lease.ports;
    await using place = new Workplace();
    const traces = `{ endpoint: 'http://127.0.0.1:${nobody}', sample: 1/10 }`;
    await place.run(['run', place.write('s.yaml', scenario(traces)), '--out', place.reports]);
    const { traces: told, notices } = place.summary();
    expect(told?.undelivered).toBe(told?.spans);
    expect(told?.spans).toBeGreaterThan(20);
    expect(notices.find(({ load }) => load === 'traces')?.text).toContain('ECONNREFUSED');
    const text = readFileSync(join(place.runDir(), 'traces.ndjson'), 'utf8');
    const count = text.split('"spanId":').length - 1;
    expect(count).toBeGreaterThanOrEqual(told?.spans as number);
  });
});
