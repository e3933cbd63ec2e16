import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { wallNow, wallTimeOf } from '../base/clock.js';
import { writeFailure } from '../base/write-failure.js';
import type { HistogramSnapshot } from '../contracts/histogram.js';
import type { LoadMeasure } from '../contracts/load.js';
import type { Reporter } from '../contracts/reporter.js';
import type { RunResult } from '../contracts/run-result.js';
import { hgrmText, hlogHeader, hlogLine } from '../metrics/hdr-files.js';
import { LatencyHistogram } from '../metrics/latency-histogram.js';
import { GrowingFile } from './growing-file.js';
import { type SecondRow, SecondRows } from './second-rows.js';
import { writeWholeFile } from './whole-file.js';

/** An interval is written when reports are this far beyond it: workers report about once a second. */
const MARGIN_SEC = 2;

/**
 * latency/<load>-<measure>.hlog, an interval a second, appended while the run goes on; and .hgrm, the percentiles of
 * the whole run. Both hold exactly the operations that summary.json counts; those of a warm-up stand in the .hlog under
 * a tag of their own, which tools leave out unless they are told to take it.
 */
export function createLatencyReporter({ runDir }: { readonly runDir: string }): Reporter {
  const directory = join(runDir, 'latency');
  const logs = new Map<string, GrowingFile>();
  const rows = new SecondRows((row) => {
    for (const [measure, snapshots] of row.warmUp) {
      logOf(row.load, measure).write(intervalOf(row, snapshots, 'warm-up'));
    }
    for (const [measure, snapshots] of row.histograms) {
      logOf(row.load, measure).write(intervalOf(row, snapshots));
    }
  }, MARGIN_SEC);
  let startedAt: Date | undefined;

  const logOf = (load: string, measure: LoadMeasure): GrowingFile => {
    const name = fileName(load, measure);
    let log = logs.get(name);
    if (!log) {
      log = new GrowingFile(join(directory, `${name}.hlog`));
      log.write(hlogHeader(startedAt ?? wallNow()));
      logs.set(name, log);
    }
    return log;
  };

  return {
    name: 'latency',
    onLoadStart(startNs) {
      rows.start(startNs);
      startedAt = wallTimeOf(startNs);
    },
    onReport: (report) => rows.add(report),
    async onEnd(result) {
      rows.flush();
      const closed = await Promise.allSettled([...logs.values()].map((log) => log.close()));
      for (const outcome of closed) if (outcome.status === 'rejected') throw outcome.reason;
      await writePercentiles(directory, result);
    },
  };
}

function intervalOf({ second }: SecondRow, snapshots: readonly HistogramSnapshot[], tag?: string): string {
  const merged = new LatencyHistogram();
  for (const snapshot of snapshots) merged.add(snapshot);
  const interval = { startSec: second, lengthSec: 1, histogram: merged.snapshot() };
  return hlogLine(tag === undefined ? interval : { ...interval, tag });
}

async function writePercentiles(directory: string, { loads }: RunResult): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
  } catch (error) {
    throw writeFailure(directory, error);
  }
  for (const { name, total } of loads) {
    for (const [measure, histogram] of Object.entries(total.histograms)) {
      if (histogram.total === 0) continue;
      await writeWholeFile(
        join(directory, `${fileName(name, measure as LoadMeasure)}.hgrm`),
        hgrmText(histogram),
      );
    }
  }
}

/** A load's name may hold what a file's name may not. */
const fileName = (load: string, measure: LoadMeasure): string =>
  `${load.replace(/[^\p{L}\p{N}._-]/gu, '_')}-${measure}`;
