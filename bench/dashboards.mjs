// How long the dashboards take when there is much to show: metrics of 100 domains with 50 types each over half an hour, put into
// a real Prometheus, and every query of every dashboard for All of everything, six at a time as a browser asks.
//
//     npm run build && node bench/dashboards.mjs [--domains=100] [--types=50] [--rounds=5]
//     node bench/dashboards.mjs --domains=10 --types=5 --rounds=1        (short)
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createJiti } from 'jiti';
import { nowNs, wallNow } from '../dist/base/clock.js';
import { median, numberOption, table } from './support/figures.mjs';
import { labelValues, writeOpenMetrics } from './support/made-metrics.mjs';

const domains = numberOption('domains', 100);
const types = numberOption('types', 50);
const rounds = numberOption('rounds', 5);
const AT_ONCE = 6;
const SHOWN_SECONDS = 30 * 60;
/** As monitoring/prometheus.yml has it. */
const SCRAPE_SECONDS = 15;
/** A panel across half a screen. */
const MAX_POINTS = 900;

const grafana = join(fileURLToPath(new URL('..', import.meta.url)), 'test', 'support', 'grafana');
const jiti = createJiti(import.meta.url, { fsCache: false });
const load = (name) => jiti.import(join(grafana, `${name}.ts`));
const { prometheusQueries } = await load('dashboard-queries');
const { initialVariables } = await load('initial-variables');
const { interpolate } = await load('interpolate');
const { catalogMetrics, exporterLabels } = await load('known-metrics');
const { metricsUsed } = await load('promql-names');
const { startTestPrometheus } = await load('prometheus-server');
const { choicesOf, seriesOf } = await load('ask-prometheus');

const folder = fileURLToPath(new URL('../monitoring/grafana/dashboards', import.meta.url));
const dashboards = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
const toSeconds = Math.floor(wallNow().getTime() / 1000);
const time = {
  fromSeconds: toSeconds - SHOWN_SECONDS,
  toSeconds,
  scrapeSeconds: SCRAPE_SECONDS,
  maxPoints: MAX_POINTS,
};

const place = mkdtempSync(join(tmpdir(), 'stormglass-bench-dashboards-'));
try {
  const made = makeStore();
  const prometheus = await startTestPrometheus({ storage: join(place, 'data') });
  try {
    console.log(`${made}\n${cpus().length} cores, ${cpus()[0].model}\n`);
    console.log(
      table([
        ['dashboard', 'queries', 'series', 'median', 'worst', 'slowest query'],
        ...(await timeAll(prometheus.url)),
      ]),
    );
  } finally {
    await prometheus[Symbol.asyncDispose]();
  }
} finally {
  rmSync(place, { recursive: true, force: true });
}

/** What the dashboards ask for, in the blocks of a Prometheus. */
function makeStore() {
  const catalog = catalogMetrics();
  const metrics = new Map();
  for (const dashboard of dashboards) {
    for (const { expr } of prometheusQueries(dashboard)) {
      for (const { metric } of metricsUsed(interpolate(expr, variablesOf(dashboard), time))) {
        metrics.set(metric, catalog.get(metric) ?? exporterLabels(metric) ?? recordedLabels(metric));
      }
    }
  }
  const file = join(place, 'metrics.om');
  const span = { fromSeconds: time.fromSeconds - 60, toSeconds, everySeconds: SCRAPE_SECONDS };
  const { series, samples } = writeOpenMetrics(file, metrics, labelValues({ domains, types }), span);
  const mebibytes = Math.round(statSync(file).size / 1024 / 1024);
  execFileSync(
    'promtool',
    ['tsdb', 'create-blocks-from', 'openmetrics', '--quiet', file, join(place, 'data')],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  rmSync(file);
  return (
    `${domains} domains × ${types} types: ${series.toLocaleString('en')} series of ${metrics.size} metrics, ` +
    `${samples.toLocaleString('en')} samples (${mebibytes} MiB of text), every ${SCRAPE_SECONDS} s over ${SHOWN_SECONDS / 60} minutes`
  );
}

function recordedLabels(metric) {
  if (metric === 'ALERTS') return ['alertname', 'alertstate', 'severity', 'slo'];
  if (metric === 'slo:objective:ratio') return ['slo'];
  return metric.startsWith('slo:') ? ['slo', 'domain'] : ['domain'];
}

async function timeAll(url) {
  const rows = [];
  for (const dashboard of dashboards) {
    const tookMs = [];
    let last;
    for (let round = 0; round < rounds; round++) {
      last = await timeOnce(url, dashboard);
      tookMs.push(last.tookMs);
    }
    rows.push([
      dashboard.uid,
      last.queries,
      last.series.toLocaleString('en'),
      inMs(median(tookMs)),
      inMs(Math.max(...tookMs)),
      `${inMs(last.slowest.tookMs)} ${last.slowest.where.split(': ')[1]}`,
    ]);
  }
  return rows;
}

/** Variables first, as what is asked depends on them; then everything else, so many at a time. */
async function timeOnce(url, dashboard) {
  const variables = variablesOf(dashboard);
  const startNs = nowNs();
  for (const variable of dashboard.templating.list.filter(({ type }) => type === 'query')) {
    await choicesOf(url, variable, variables, time);
  }
  const queries = prometheusQueries(dashboard);
  const waiting = [...queries];
  let series = 0;
  let slowest = { tookMs: -1, where: '' };
  const ask = async () => {
    for (let query = waiting.shift(); query !== undefined; query = waiting.shift()) {
      const beginNs = nowNs();
      const found = await seriesOf(url, query, variables, time);
      series += found;
      const tookMs = (nowNs() - beginNs) / 1e6;
      if (tookMs > slowest.tookMs) slowest = { tookMs, where: query.where };
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, ask));
  return { tookMs: (nowNs() - startNs) / 1e6, queries: queries.length, series, slowest };
}

function variablesOf(dashboard) {
  const variables = initialVariables(dashboard);
  if (dashboard.uid === 'cim-domain') variables.set('domain', 'domain-1');
  return variables;
}

function inMs(ms) {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}
