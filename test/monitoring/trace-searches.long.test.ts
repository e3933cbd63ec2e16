import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { wallNow } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import type { PortLease } from '../../src/processes/port-lease.js';
import { Workplace } from '../support/cli.js';
import type { DashboardJson } from '../support/grafana/dashboard-json.js';
import { type JaegerRequest, jaegerRequests } from '../support/grafana/jaeger-requests.js';
import { type Jaeger, jaegerPath, needsJaeger, startJaeger } from '../support/jaeger.js';
import { MONITORING } from '../support/monitoring/shipped-rules.js';
import { leaseTestPorts } from '../support/test-ports.js';

const dashboard = JSON.parse(
  readFileSync(join(MONITORING, 'grafana', 'dashboards', 'cim-traces.json'), 'utf8'),
) as DashboardJson;

/**
 * Orders into a stream, of which those fail whose acknowledgement takes too long: the server stands still for a second.
 * (One that stands still for longer is given up by its clients.)
 */
const scenario = (endpoint: string) => `version: 1
name: slow-orders
seed: 5
cluster: { driver: process, nodes: 1, jetstream: { storage: memory } }
events: { mix: [{ domain: orders, types: [Placed], size: 64B }] }
streams:
  - { name: ORDERS, subjects: [cim.events.orders.>] }
load:
  - { name: orders, kind: js-publish, domains: [orders], rate: 10/s, for: 8s, ack-timeout: 500ms, max-lateness: 60s }
faults:
  - { at: 2s, for: 1s, kind: node-pause, target: n1 }
traces: { endpoint: '${endpoint}', sample: every }
monitor: { port: 0 }
`;

const traceSchema = z.object({
  traceID: z.string(),
  spans: z.array(
    z.object({
      operationName: z.string(),
      /** Microseconds. */
      startTime: z.number(),
      duration: z.number(),
      processID: z.string(),
      tags: z.array(z.object({ key: z.string(), value: z.unknown() })),
    }),
  ),
  processes: z.record(z.string(), z.object({ serviceName: z.string() })),
});
const tracesSchema = z.object({ data: z.array(traceSchema) });
const linksSchema = z.object({ data: z.array(z.object({ parent: z.string(), child: z.string() })) });
const namesSchema = z.object({ data: z.array(z.string()) });
type Trace = z.infer<typeof traceSchema>;

interface Chosen {
  readonly service?: string;
  readonly slower?: string;
  readonly trace?: string;
}

/** What a variable offers for choice, or has before anybody chooses. */
const choicesOf = (name: string): string[] => {
  const query = dashboard.templating.list.find((variable) => variable.name === name)?.query;
  return String(query ?? '').split(',');
};
const chosenOf = (name: string): string =>
  String(dashboard.templating.list.find((variable) => variable.name === name)?.current?.value ?? '');

const spansOf = ({ spans, processes }: Trace, service: string): Trace['spans'] =>
  spans.filter(({ processID }) => processes[processID]?.serviceName === service);
const hasFailed = ({ tags }: Trace['spans'][number]): boolean =>
  tags.some(({ key, value }) => key === 'error' && value === true);

describe.skipIf(jaegerPath === undefined)(`what cim-traces asks of Jaeger${needsJaeger}`, () => {
  let place: Workplace;
  let lease: PortLease;
  let jaeger: Jaeger;
  let time: { fromMs: number; toMs: number };

  beforeAll(async () => {
    place = new Workplace();
    lease = await leaseTestPorts(2);
    jaeger = await startJaeger(jaegerPath as string, lease.ports as [number, number]);
    const fromMs = wallNow().getTime();
    const file = place.write('s.yaml', scenario(jaeger.endpoint));
    const end = await place.run(['run', file, '--out', place.reports]);
    expect(end.code, end.stderr).toBe(0);
    expect(place.summary().traces).toMatchObject({ undelivered: 0 });
    time = { fromMs, toMs: wallNow().getTime() };
    const isThere = async () => (await jaeger.spanCount()) === place.summary().traces?.spans;
    expect(await waitFor(isThere, { timeoutMs: 60_000, everyMs: 200 })).toBe(true);
  });

  afterAll(async () => {
    await jaeger?.[Symbol.asyncDispose]();
    lease?.[Symbol.dispose]();
    await place?.[Symbol.asyncDispose]();
  });

  const jaegerUrl = (): string => `http://127.0.0.1:${lease.ports[1]}`;
  const ask = async (path: string): Promise<unknown> => {
    const response = await fetch(`${jaegerUrl()}${path}`);
    const text = await response.text();
    expect(response.status, `${path}: ${text}`).toBe(200);
    return JSON.parse(text);
  };
  /** All that Jaeger has of a service, beyond what a panel shows. */
  const kept = async (service: string): Promise<Trace[]> =>
    tracesSchema.parse(await ask(`/api/traces?${new URLSearchParams({ service, limit: '100000' })}`)).data;
  /** What a panel asks, with what is chosen in the place of what is chosen at first. */
  const requestOf = (title: string, chosen: Chosen, range = time): JaegerRequest => {
    const variables = new Map(
      Object.entries({ service: chosenOf('service'), slower: chosenOf('slower'), trace: '', ...chosen }),
    );
    const request = jaegerRequests(dashboard, variables, range).find((each) => each.title === title);
    if (request === undefined) throw new Error(`no panel ${title} asks Jaeger`);
    return request;
  };
  const searched = async (...asked: Parameters<typeof requestOf>): Promise<Trace[]> =>
    tracesSchema.parse(await ask(requestOf(...asked).path)).data;

  it('is asked here, all of it', () => {
    const variables = new Map([
      ['service', 's'],
      ['slower', '1s'],
      ['trace', 't'],
    ]);
    expect(jaegerRequests(dashboard, variables, time).map(({ title }) => title)).toEqual([
      'Slowest traces',
      'Who follows whom',
      'Failed traces',
      'Runs',
      'The chosen trace',
    ]);
  });

  it('offers services that there are', async () => {
    const { data } = namesSchema.parse(await ask('/api/services'));
    expect(data).toEqual(expect.arrayContaining([...choicesOf('service'), 'stormglass-orders']));
  });

  it.each(choicesOf('service'))('finds traces of %s, as slow as it is chosen', async (service) => {
    for (const slower of choicesOf('slower')) {
      const traces = await searched('Slowest traces', { service, slower });
      const leastUs = { '1ms': 1e3, '10ms': 1e4, '100ms': 1e5, '1s': 1e6, '10s': 1e7 }[slower] as number;
      for (const trace of traces) {
        const longest = Math.max(...spansOf(trace, service).map(({ duration }) => duration));
        expect(longest, slower).toBeGreaterThanOrEqual(leastUs);
      }
      // The server stood still for a second, and the run took longer than eight.
      if (leastUs <= (service === 'stormglass' ? 1e6 : 1e5)) expect(traces.length, slower).toBeGreaterThan(0);
    }
  });

  it('finds something with what is chosen at first', async () => {
    expect((await searched('Slowest traces', {})).length).toBeGreaterThan(0);
  });

  it('finds the traces in which something failed, and no others', async () => {
    const traces = await searched('Failed traces', { service: 'stormglass-orders' });
    expect(traces.length).toBeGreaterThan(0);
    for (const trace of traces)
      expect(spansOf(trace, 'stormglass-orders').filter(hasFailed).length).toBeGreaterThan(0);
    const all = await kept('stormglass-orders');
    expect(all.filter((trace) => !spansOf(trace, 'stormglass-orders').some(hasFailed))).not.toEqual([]);
    expect(await searched('Failed traces', {})).toEqual([]);
  });

  it('finds the run, and nothing that was at another time', async () => {
    const [run, ...others] = await searched('Runs', {});
    expect(others).toEqual([]);
    expect(run?.traceID).toBe(place.summary().traces?.runTraceId);
    const dayMs = 86_400_000;
    const yesterday = { fromMs: time.fromMs - dayMs, toMs: time.toMs - dayMs };
    expect(await searched('Runs', {}, yesterday)).toEqual([]);
  });

  it('finds who follows whom', async () => {
    const { data } = linksSchema.parse(await ask(requestOf('Who follows whom', {}).path));
    expect(data).toContainEqual({ parent: 'stormglass-orders', child: 'stormglass-monitor' });
  });

  it('leads from a row of the table to its trace, and shows none while none is chosen', async () => {
    const [slow] = await searched('Slowest traces', { service: 'stormglass-orders', slower: '100ms' });
    const [shown] = await searched('The chosen trace', { trace: slow?.traceID ?? '' });
    expect(shown?.traceID).toBe(slow?.traceID);
    expect(shown?.spans.length).toBe(slow?.spans.length);
    // Grafana asks for a trace without a name, and shows nothing of what is no list of traces.
    const { path } = requestOf('The chosen trace', {});
    const response = await fetch(`${jaegerUrl()}${path}`);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/html; charset=utf-8',
    ]);
  });
});
