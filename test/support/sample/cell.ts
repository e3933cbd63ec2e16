import { NS } from '../../../src/base/clock.js';
import type { HistogramSnapshot } from '../../../src/contracts/histogram.js';
import type { IntervalReport, LoadCounter, LoadMeasure, PhaseReport } from '../../../src/contracts/load.js';
import type { PhaseName } from '../../../src/contracts/plan/phase.js';
import { LatencyHistogram } from '../../../src/metrics/latency-histogram.js';
import { START_NS } from './story.js';

/** Counts of one worker in one second, before they become a report. */
export class Cell {
  readonly counters = new Map<PhaseName, Partial<Record<LoadCounter, number>>>();
  readonly histograms = new Map<PhaseName, Map<LoadMeasure, LatencyHistogram>>();
  pending = 0;

  count(phase: PhaseName, counter: LoadCounter, by = 1): void {
    const counters = this.counters.get(phase) ?? {};
    counters[counter] = (counters[counter] ?? 0) + by;
    this.counters.set(phase, counters);
  }

  histogram(phase: PhaseName, measure: LoadMeasure): LatencyHistogram {
    const ofPhase = this.histograms.get(phase) ?? new Map<LoadMeasure, LatencyHistogram>();
    this.histograms.set(phase, ofPhase);
    const histogram = ofPhase.get(measure) ?? new LatencyHistogram();
    ofPhase.set(measure, histogram);
    return histogram;
  }

  report(load: string, worker: number, second: number): IntervalReport {
    const phases = (['steady', 'faults'] as const).filter(
      (phase) => this.counters.has(phase) || this.histograms.has(phase),
    );
    return {
      load,
      worker,
      startNs: START_NS + second * NS.s,
      endNs: START_NS + (second + 1) * NS.s,
      phases: phases.map((phase): PhaseReport => {
        const histograms: Partial<Record<LoadMeasure, HistogramSnapshot>> = {};
        for (const [measure, histogram] of this.histograms.get(phase) ?? [])
          histograms[measure] = histogram.snapshot();
        return { phase, counters: this.counters.get(phase) ?? {}, histograms };
      }),
      troubles: [],
      pending: this.pending,
    };
  }
}
