import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { leasePorts } from '../../src/processes/port-lease.js';
import { Workplace } from '../support/cli.js';
import { type JaegerSpan, jaegerPath, needsJaeger, startJaeger } from '../support/jaeger.js';
import { needs, prometheus } from '../support/prometheus-tools.js';

/** Commands to workers on one server, which stands still for two seconds. */
const scenario = (traces: string, monitorPort = 0) => `version: 1
name: slow-commands
seed: 5
cluster: { driver: process, nodes: 1 }
events: { mix: [{ domain: orders, types: [Placed], size: 64B }] }
load:
  - { name: fleet, kind: agents, agents: 50, behavior: worker, every: 2s, commands: 40/s, for: 10s, max-lateness: 30s, backlog: 30s, ack-timeout: 30s }
  - { name: orders, kind: publish, domains: [orders], rate: 100/s, for: 10s, max-lateness: 30s }
faults:
  - { at: 3s, for: 2s, kind: node-pause, target: n1 }
traces: ${traces}
monitor: { port: ${monitorPort} }
`;

/** A Prometheus that scrapes one address twice a second and keeps exemplars. */
async function startPrometheus(place: Workplace, program: string, port: number, target: number) {
  const config = place.write(
    'prometheus.yml',
    `global: { scrape_interval: 500ms }
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
    exemplars: async (query: string): Promise<readonly { labels: { trace_id: string }; value: string }[]> => {
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

const PORTS = { stateDir: join(tmpdir(), 'stormglass-test-ports') };

const tagOf = ({ tags }: JaegerSpan, name: string): unknown => tags.find(({ key }) => key === name)?.value;

describe('traces of a run', () => {
  const isHere = jaegerPath !== undefined && prometheus !== undefined;
  const lacks = `${needsJaeger}${needs(prometheus, 'prometheus')}`;
  it.skipIf(!isHere)(
    `lead from the exemplar of a slow command to what it was made of${lacks}`,
    { timeout: 180_000 },
    async () => {
      using lease = await leasePorts(4, PORTS);
      const [otlp, query, web, monitor] = lease.ports as [number, number, number, number];
      await using place = new Workplace();
      await using jaeger = await startJaeger(jaegerPath as string, [otlp, query]);
      await using metrics = await startPrometheus(place, prometheus as string, web, monitor);
      expect(await metrics.ready()).toBe(true);
      const file = place.write(
        's.yaml',
        scenario(`{ endpoint: '${jaeger.endpoint}', sample: every }`, monitor),
      );
      const end = await place.run(['run', file, '--out', place.reports]);
      expect(end.stderr).toContain('traces');
      const { traces, notices, faults } = place.summary();
      expect(notices.filter(({ load }) => load === 'traces')).toEqual([]);
      expect(traces).toMatchObject({ undelivered: 0, malformed: 0 });
      expect(faults[0]?.status).toBe('reverted');

      // Of events of agents that took longer than a second to arrive.
      const slow = (await metrics.exemplars('cim_event_lag_seconds_bucket{domain="agents"}')).filter(
        ({ value }) => Number(value) > 1,
      );
      expect(slow.length).toBeGreaterThan(0);
      const traceId = slow[0]?.labels.trace_id ?? '';
      const spans = (await waitFor(
        async () => {
          const seen = await jaeger.trace(traceId);
          return seen.some(({ operationName }) => operationName === 'command') && seen;
        },
        { timeoutMs: 20_000 },
      )) as readonly JaegerSpan[];
      expect(spans.map(({ operationName }) => operationName)).toEqual(
        expect.arrayContaining(['command', 'publish', 'receive', 'work']),
      );
      const command = spans.find(({ operationName }) => operationName === 'command') as JaegerSpan;
      expect(command.duration).toBeGreaterThan(1e6);
      expect(tagOf(command, 'stormglass.faults')).toBe('["fault-1"]');

      // The command is linked to the fault, a span of the run's own trace.
      const run = await jaeger.trace(traces?.runTraceId ?? '');
      const fault = run.find(({ operationName }) => operationName === 'fault') as JaegerSpan;
      expect(command.references.map(({ spanID }) => spanID)).toContain(fault.spanID);
      const events = fault.logs.map(({ fields }) => fields.find(({ key }) => key === 'event')?.value);
      expect(events).toEqual(['recorded', 'injected', 'observed', 'reverted']);
      expect(run.map(({ operationName }) => operationName)).toEqual(
        expect.arrayContaining(['run', 'preflight', 'load', 'heal', 'check']),
      );

      // What the summary calls slowest is there, too.
      expect(traces?.slowest[0]?.faults).toEqual(['fault-1']);
      expect((await jaeger.trace(traces?.slowest[0]?.traceId ?? '')).length).toBeGreaterThan(0);
    },
  );

  it('are on the disk up to the last batch when the run is killed', { timeout: 120_000 }, async () => {
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

  it('hold nobody up where the collector is not there: it is said, and they are in the folder', {
    timeout: 120_000,
  }, async () => {
    using lease = await leasePorts(1, PORTS);
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
