import { join } from 'node:path';
import { NS } from '../base/clock.js';
import { LOAD_COUNTERS, type LoadMeasure } from '../contracts/load.js';
import type { Reporter } from '../contracts/reporter.js';
import { LatencyHistogram } from '../metrics/latency-histogram.js';
import { GrowingFile } from './growing-file.js';
import { type SecondRow, SecondRows } from './second-rows.js';

/** A second's row is written when reports are this far beyond it: workers report about once a second. */
const MARGIN_SEC = 3;

const LATENCY_COLUMNS: readonly { readonly prefix: string; readonly measure: LoadMeasure }[] = [
  { prefix: 'ack', measure: 'ack_latency' },
  { prefix: 'delay', measure: 'schedule_delay' },
  { prefix: 'lag', measure: 'lag' },
  // Last, so that older columns stay where they were.
  { prefix: 'service', measure: 'service_time' },
];

const HEADER = [
  't_s',
  'load',
  'phase',
  ...LOAD_COUNTERS,
  'pending',
  ...LATENCY_COLUMNS.flatMap(({ prefix }) => [`${prefix}_p50_ms`, `${prefix}_p99_ms`, `${prefix}_max_ms`]),
];

/** timeseries.csv: a row a second and load, written while the run goes on. */
export function createTimeseriesReporter({ runDir }: { readonly runDir: string }): Reporter {
  let file: GrowingFile | undefined;
  const rows = new SecondRows((row) => file?.write(`${csvLine(row)}\n`), MARGIN_SEC);
  return {
    name: 'timeseries.csv',
    async onStart() {
      file = new GrowingFile(join(runDir, 'timeseries.csv'));
      file.write(`${HEADER.join(',')}\n`);
    },
    onLoadStart: (startNs) => rows.start(startNs),
    onReport: (report) => rows.add(report),
    async onEnd() {
      rows.flush();
      await file?.close();
    },
  };
}

function csvLine(row: SecondRow): string {
  return [
    row.second,
    quoted(row.load),
    row.phase,
    ...LOAD_COUNTERS.map((name) => row.counters[name]),
    row.pending,
    ...LATENCY_COLUMNS.flatMap(({ measure }) => latencyCells(row, measure)),
  ].join(',');
}

/** Median, 99th percentile and maximum in milliseconds; empty when nothing was recorded. */
function latencyCells(row: SecondRow, measure: LoadMeasure): (number | '')[] {
  const snapshots = [...(row.histograms.get(measure) ?? []), ...(row.warmUp.get(measure) ?? [])];
  if (snapshots.length === 0) return ['', '', ''];
  const merged = new LatencyHistogram();
  for (const snapshot of snapshots) merged.add(snapshot);
  return [merged.percentile(50).lower, merged.percentile(99).lower, merged.max].map((ns) => ns / NS.ms);
}

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
