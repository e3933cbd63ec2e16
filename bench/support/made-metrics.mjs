// Metrics of a system as large as one likes, as an OpenMetrics page over a time: what a Prometheus would have scraped.
import { closeSync, openSync, writeSync } from 'node:fs';

const BUCKETS = [
  0.00025,
  0.0005,
  0.001,
  0.0025,
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
  10,
  30,
  Infinity,
];
const CHUNK_BYTES = 4 * 1024 * 1024;

const numbered = (word, count) => Array.from({ length: count }, (_, i) => `${word}-${i + 1}`);

/** What a label may be; a metric has a series for each combination of its labels' values. */
export function labelValues({ domains, types }) {
  return {
    domain: numbered('domain', domains),
    type: numbered('Type', types),
    outcome: ['success', 'failure'],
    reason: ['json'],
    load: numbered('load', 4),
    sign: ['negative', 'positive'],
    le: BUCKETS.map((bound) => (bound === Infinity ? '+Inf' : String(bound))),
    workflow: numbered('workflow', domains),
    group: numbered('group', 20),
    server: numbered('n', 3),
    server_id: numbered('n', 3),
    server_name: ['n'],
    cluster: ['c'],
    account: ['$G'],
    kind: ['meta', 'stream', 'consumer'],
    stream: numbered('STREAM', 30),
    consumer: numbered('consumer', 2),
    stream_name: numbered('STREAM', 30),
    consumer_name: numbered('consumer', 2),
    is_stream_leader: ['true'],
    is_consumer_leader: ['true'],
    run: ['run-1'],
    phase: ['preflight', 'cluster-up', 'steady-before', 'load', 'heal', 'drain', 'report'],
    fault: numbered('fault', 3),
    target: ['n-1'],
    status: ['healed'],
    measure: ['latency', 'service'],
    quantile: ['0.5', '0.95', '0.99', '0.999'],
    node: numbered('machine', 2),
    gpu: ['0', '1', '2', '3'],
    vendor: ['nvidia'],
    model: ['H100'],
    slo: numbered('slo', 5),
    alertname: ['EventLagHigh'],
    alertstate: ['firing'],
    severity: ['page'],
  };
}

/**
 * Writes `metrics`, a map of names to labels, with a sample every `everySeconds` from one time to the other.
 * @returns how many series and samples that are
 */
export function writeOpenMetrics(file, metrics, values, { fromSeconds, toSeconds, everySeconds }) {
  const out = openSync(file, 'w');
  let chunk = '';
  const write = (text) => {
    chunk += text;
    if (chunk.length < CHUNK_BYTES) return;
    writeSync(out, chunk);
    chunk = '';
  };
  let series = 0;
  let samples = 0;
  for (const [name, labels] of metrics) {
    for (const set of combinations(labels, values)) {
      const figure = figureOf(name, set, series++);
      const head = `${name}{${labels.map((label, i) => `${label}="${set[i]}"`).join(',')}} `;
      for (let at = fromSeconds; at <= toSeconds; at += everySeconds) {
        write(`${head}${figure(at - fromSeconds, at)} ${at}\n`);
        samples++;
      }
    }
  }
  write('# EOF\n');
  writeSync(out, chunk);
  closeSync(out);
  return { series, samples };
}

function* combinations(labels, values, index = 0, set = []) {
  if (index === labels.length) {
    yield set;
    return;
  }
  for (const value of values[labels[index]]) yield* combinations(labels, values, index + 1, [...set, value]);
}

/** A value over time that is different for every series: counters grow, buckets hold one another, states are 0 or 1. */
function figureOf(name, set, index) {
  const perSecond = 1 + (index % 97);
  if (name.endsWith('_bucket')) {
    const share =
      (BUCKETS.findIndex((bound) => String(bound) === set.at(-1)) + 1 || BUCKETS.length) / BUCKETS.length;
    return (age) => Math.floor(age * 50 * share);
  }
  if (name.endsWith('_timestamp_seconds')) return (_age, at) => at - (index % 60);
  if (/_total$|_sum$|_count$|_msgs$|_bytes$|_seq$/.test(name)) return (age) => age * perSecond;
  if (/_(up|healthy|has_leader|leader|connected|phase|active)$/.test(name)) return () => index % 2;
  return (age) => perSecond + (age % 60) / 60;
}
