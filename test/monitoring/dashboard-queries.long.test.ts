import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { wallNow } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import { Workplace } from '../support/cli.js';
import { askPrometheus, choicesOf, seriesOf } from '../support/grafana/ask-prometheus.js';
import type { DashboardJson } from '../support/grafana/dashboard-json.js';
import { emptiness, prometheusQueries } from '../support/grafana/dashboard-queries.js';
import { initialVariables } from '../support/grafana/initial-variables.js';
import { interpolate, type TimeShown, type VariableValue } from '../support/grafana/interpolate.js';
import { catalogMetrics } from '../support/grafana/known-metrics.js';
import {
  SCRAPE_SECONDS,
  startTestPrometheus,
  type TestPrometheus,
} from '../support/grafana/prometheus-server.js';
import { metricsUsed } from '../support/grafana/promql-names.js';
import { leaseTestPorts } from '../support/test-ports.js';

const monitoring = fileURLToPath(new URL('../../monitoring', import.meta.url));
const folder = join(monitoring, 'grafana', 'dashboards');
const all = readdirSync(folder).map(
  (name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as DashboardJson,
);
const scenario = fileURLToPath(new URL('../support/grafana/every-kind-of-event.yaml', import.meta.url));
const exemplarsSchema = z.array(
  z.object({ exemplars: z.array(z.object({ labels: z.object({ trace_id: z.string() }) })) }),
);
const matrixSchema = z.object({
  result: z.array(
    z.object({
      metric: z.record(z.string(), z.string()),
      values: z.array(z.tuple([z.number(), z.string()])),
    }),
  ),
});

let place: Workplace;
let prometheus: TestPrometheus;
/** From before the run until everything was seen, and the cluster is well again. */
let time: TimeShown;

beforeAll(async () => {
  place = new Workplace();
  const fromSeconds = wallNow().getTime() / 1000;
  // Prometheus is there before the run is: nothing happens that it does not see.
  using lease = await leaseTestPorts(1);
  const [port] = lease.ports;
  prometheus = await startTestPrometheus({
    metricsUrl: `http://127.0.0.1:${port}/metrics`,
    rulesFolder: join(monitoring, 'rules'),
  });
  const run = place.start(['run', scenario, '--set', `monitor.port=${port}`]);
  let hasEnded = false;
  void run.ended.then(() => {
    hasEnded = true;
  });
  const soFar = (): TimeShown => {
    const toSeconds = wallNow().getTime() / 1000;
    return { fromSeconds, toSeconds, scrapeSeconds: SCRAPE_SECONDS, maxPoints: 600 };
  };
  const isSeen = async () => {
    if (hasEnded) return true;
    time = soFar();
    return (await isBack()) && (await withoutData()).length === 0;
  };
  // The load outlasts that by far. What is not seen by then, the tests tell.
  await waitFor(isSeen, { timeoutMs: 150_000, everyMs: 1_000 });
  run.child.kill('SIGINT');
  const end = await run.ended;
  expect(end.code, `${end.stdout}\n${end.stderr}`).toBe(130);
});

afterAll(async () => {
  await prometheus?.[Symbol.asyncDispose]();
  await place?.[Symbol.asyncDispose]();
});

describe.each(all)('$uid, after a run', (dashboard) => {
  it('has something to choose for every variable', async () => {
    const none: string[] = [];
    for (const variable of dashboard.templating.list.filter(({ type }) => type === 'query')) {
      const choices = await choicesOf(prometheus.url, variable, chosen(dashboard), time);
      if (choices.length === 0 && emptiness(variable.description).empty === undefined)
        none.push(variable.name);
    }
    expect(none).toEqual([]);
  });

  it('has something to show for every query', async () => {
    expect(await withoutData([dashboard])).toEqual([]);
  });

  it('can be asked about one value of each variable, and about several', async () => {
    for (const count of [1, 2]) {
      const variables = chosen(dashboard);
      for (const variable of dashboard.templating.list.filter(
        ({ type, multi }) => type === 'query' && multi,
      )) {
        const choices = await choicesOf(prometheus.url, variable, variables, time);
        variables.set(variable.name, choices.slice(0, count));
      }
      for (const query of prometheusQueries(dashboard)) {
        await expect(seriesOf(prometheus.url, query, variables, time), query.where).resolves.toBeTypeOf(
          'number',
        );
      }
    }
  });
});

it('leads from each figure that has exemplars to the trace of an event', async () => {
  const asked = all.flatMap((dashboard) =>
    prometheusQueries(dashboard)
      .filter(({ hasExemplars }) => hasExemplars)
      .map(({ where, expr }) => ({ where, query: interpolate(expr, chosen(dashboard), time) })),
  );
  expect(asked.length).toBeGreaterThan(3);
  for (const { where, query } of asked) {
    const data = await askPrometheus(prometheus.url, 'query_exemplars', {
      query,
      start: String(time.fromSeconds),
      end: String(time.toSeconds),
    });
    const [first] = exemplarsSchema.parse(data).flatMap(({ exemplars }) => exemplars);
    expect(first?.labels.trace_id, where).toMatch(/^[0-9a-f]{32}$/);
  }
});

it('shows the server that was killed: missing for a while, marked as a fault and as a page, and back', async () => {
  const missing = await missingServers();
  expect([missing.includes('1'), missing.at(-1)]).toEqual([true, '0']);
  expect((await natsFigures('annotation Faults')).map(({ metric }) => metric.kind)).toEqual(['node-kill']);
  expect(await pages()).toContain('NatsNodeDown');
});

it('has every metric that any dashboard asks for, but those of GPUs and of a longer past', async () => {
  const known = catalogMetrics();
  const asked = new Set(
    all.flatMap((dashboard) =>
      prometheusQueries(dashboard)
        .filter(({ empty }) => empty === undefined)
        .flatMap(({ expr }) => metricsUsed(interpolate(expr, initialVariables(dashboard), time)))
        .map(({ metric }) => metric),
    ),
  );
  const there = z.array(z.string()).parse(await askPrometheus(prometheus.url, 'label/__name__/values', {}));
  expect([...asked].filter((metric) => !there.includes(metric))).toEqual([]);
  expect([...asked].filter((metric) => known.has(metric)).length).toBeGreaterThan(40);
});

/** What a query of cim-nats says, each second. */
async function natsFigures(where: string) {
  const nats = all.find(({ uid }) => uid === 'cim-nats') as DashboardJson;
  const query = prometheusQueries(nats).find((candidate) => candidate.where === `cim-nats: ${where}`);
  const data = await askPrometheus(prometheus.url, 'query_range', {
    query: interpolate(query?.expr ?? '', chosen(nats), time),
    start: String(time.fromSeconds),
    end: String(time.toSeconds),
    step: '1',
  });
  return matrixSchema.parse(data).result;
}

const missingServers = async (): Promise<string[]> =>
  (await natsFigures('Missing (A)')).flatMap(({ values }) => values.map(([, value]) => value));
const pages = async (): Promise<(string | undefined)[]> =>
  (await natsFigures('annotation Pages')).map(({ metric }) => metric.alertname);

/** Whether the server that was killed was seen to be missing, as a page too, and then to be back. */
async function isBack(): Promise<boolean> {
  const missing = await missingServers();
  return missing.includes('1') && missing.at(-1) === '0' && (await pages()).includes('NatsNodeDown');
}

/** Queries that have nothing to show, though they should. */
async function withoutData(dashboards = all): Promise<string[]> {
  const none: string[] = [];
  for (const dashboard of dashboards) {
    for (const query of prometheusQueries(dashboard)) {
      const series = await seriesOf(prometheus.url, query, chosen(dashboard), time);
      if (series === 0 && query.empty === undefined) none.push(`${query.where}: ${query.expr}`);
    }
  }
  return none;
}

/** All of everything, and the domain that a dashboard is about. */
function chosen(dashboard: DashboardJson): Map<string, VariableValue> {
  const variables = initialVariables(dashboard);
  if (dashboard.uid === 'cim-domain') variables.set('domain', 'orders');
  return variables;
}
