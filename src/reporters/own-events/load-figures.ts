import { NS } from '../../base/clock.js';
import type { LoadCounter, LoadMeasure } from '../../contracts/load.js';
import type { OwnEvent } from '../../contracts/own-event.js';
import { LatencyHistogram } from '../../metrics/latency-histogram.js';
import type { SecondRow } from '../second-rows.js';

/** What is summed up over a load's life, so that whoever missed some of these events still knows where it stands. */
const SUMMED = ['due', 'sent', 'ok', 'failed', 'unknown', 'dropped', 'unsent', 'received', 'lost'] as const;

/** Field → percentile. */
const QUANTILES = { p50: 50, p90: 90, p99: 99, p999: 99.9 } as const;

/** Seconds of loads as events: `LoadMeasured`, and a `LatencyMeasured` for each measure that recorded anything. */
export class LoadFigures {
  readonly #sums = new Map<string, Record<(typeof SUMMED)[number], number>>();

  events({ load, second, phase, counters, pending, histograms, warmUp }: SecondRow): OwnEvent[] {
    const sums = this.#sumsOf(load, counters);
    const figures: Record<string, number> = {};
    for (const name of SUMMED) {
      figures[name] = counters[name];
      figures[`${name}_total`] = sums[name];
    }
    const fields = { load, t: second, during: phase, ...figures, pending };
    const measures = new Set<LoadMeasure>([...histograms.keys(), ...warmUp.keys()]);
    return [
      { domain: 'stormglass', type: 'LoadMeasured', fields },
      ...[...measures].map((measure): OwnEvent => {
        const all = new LatencyHistogram();
        for (const each of [...(histograms.get(measure) ?? []), ...(warmUp.get(measure) ?? [])])
          all.add(each);
        return {
          domain: 'stormglass',
          type: 'LatencyMeasured',
          fields: { load, t: second, measure, ...secondsOf(all), count: all.total },
        };
      }),
    ];
  }

  #sumsOf(load: string, counters: Readonly<Record<LoadCounter, number>>) {
    const sums =
      this.#sums.get(load) ??
      (Object.fromEntries(SUMMED.map((name) => [name, 0])) as Record<(typeof SUMMED)[number], number>);
    this.#sums.set(load, sums);
    for (const name of SUMMED) sums[name] += counters[name];
    return sums;
  }
}

/** In seconds; what is not answered yet counts with the time that it has waited. */
function secondsOf(all: LatencyHistogram): Record<keyof typeof QUANTILES | 'max', number> {
  const seconds = (ns: number) => Math.round(ns) / NS.s;
  const { p50, p90, p99, p999 } = QUANTILES;
  return {
    p50: seconds(all.percentile(p50).lower),
    p90: seconds(all.percentile(p90).lower),
    p99: seconds(all.percentile(p99).lower),
    p999: seconds(all.percentile(p999).lower),
    max: seconds(all.max),
  };
}
