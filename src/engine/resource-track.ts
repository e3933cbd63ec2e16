import { NS } from '../base/clock.js';
import {
  type FigureSummary,
  RESOURCE_FIGURES,
  type ResourceFigure,
  type ResourceRow,
  type ResourceUse,
  type ResourceUser,
} from '../contracts/resources.js';
import type { Figures } from '../metrics/resource-figures.js';

const FIGURES = RESOURCE_FIGURES.length;

/** What is a share or a rate is averaged where rows are merged; of the rest the greatest stays. */
const MEANS: ReadonlySet<ResourceFigure> = new Set([
  'cpuShare',
  'runQueueShare',
  'loopShare',
  'gcShare',
  'socketHeldShare',
  'readBytesPerSec',
  'writtenBytesPerSec',
  'machineShare',
  'stolenShare',
]);
/** Of what is left, the least counts. */
const LEASTS: ReadonlySet<ResourceFigure> = new Set(['availableBytes', 'freeBytes']);

/** The figures of a stretch of time; NaN where there are none. */
export interface TrackRow {
  readonly values: Float64Array;
  weightNs: number;
}

/** One user's figures over time, and what they come to: in bounded memory, with rows as long as their owner says. */
export class ResourceTrack {
  readonly user: ResourceUser;
  readonly rows: (TrackRow | undefined)[] = [];
  #samples = 0;
  readonly #weighted = new Float64Array(FIGURES);
  readonly #weightNs = new Float64Array(FIGURES);
  readonly #min = new Float64Array(FIGURES).fill(Number.POSITIVE_INFINITY);
  readonly #max = new Float64Array(FIGURES).fill(Number.NEGATIVE_INFINITY);
  readonly #last = new Float64Array(FIGURES).fill(Number.NaN);

  constructor(user: ResourceUser) {
    this.user = user;
  }

  /** Adds the figures of so many nanoseconds to a row. */
  add(figures: Figures, row: number, spanNs: number): void {
    const values = new Float64Array(FIGURES).fill(Number.NaN);
    RESOURCE_FIGURES.forEach((name, i) => {
      const value = figures[name];
      if (value === undefined) return;
      values[i] = value;
      this.#weighted[i]! += value * spanNs;
      this.#weightNs[i]! += spanNs;
      this.#min[i] = Math.min(this.#min[i]!, value);
      this.#max[i] = Math.max(this.#max[i]!, value);
      this.#last[i] = value;
    });
    this.#samples++;
    this.rows[row] = joined(this.rows[row], { values, weightNs: spanNs });
  }

  /** The figures over some of the rows; undefined when there are none. */
  during(rows: readonly number[]): Figures | undefined {
    const all = rows.reduce<TrackRow | undefined>((sum, row) => joined(sum, this.rows[row]), undefined);
    return all && resourceRow(all, 0).figures;
  }

  /** Makes each two rows one. */
  halve(): void {
    this.rows.splice(0, this.rows.length, ...halved(this.rows));
  }

  get use(): ResourceUse {
    const figures = RESOURCE_FIGURES.flatMap((name, i): [ResourceFigure, FigureSummary][] => {
      if (this.#weightNs[i] === 0) return [];
      const mean = this.#weighted[i]! / this.#weightNs[i]!;
      return [[name, { mean, min: this.#min[i]!, max: this.#max[i]!, last: this.#last[i]! }]];
    });
    return { ...this.user, samples: this.#samples, figures: Object.fromEntries(figures) };
  }
}

export function halved(rows: readonly (TrackRow | undefined)[]): (TrackRow | undefined)[] {
  return Array.from({ length: Math.ceil(rows.length / 2) }, (_, i) => joined(rows[2 * i], rows[2 * i + 1]));
}

/** A row for reports. */
export function resourceRow({ values }: TrackRow, t: number): ResourceRow {
  const figures = RESOURCE_FIGURES.flatMap((name, i) =>
    Number.isNaN(values[i]!) ? [] : [[name, values[i]!]],
  );
  return { t, figures: Object.fromEntries(figures) };
}

function joined(a: TrackRow | undefined, b: TrackRow | undefined): TrackRow | undefined {
  if (!a || !b) return a ?? b;
  const weightNs = a.weightNs + b.weightNs;
  const values = a.values.map((ours, i) => {
    const theirs = b.values[i]!;
    if (Number.isNaN(ours)) return theirs;
    if (Number.isNaN(theirs)) return ours;
    const figure = RESOURCE_FIGURES[i]!;
    if (LEASTS.has(figure)) return Math.min(ours, theirs);
    if (!MEANS.has(figure)) return Math.max(ours, theirs);
    return weightNs > 0 ? (ours * a.weightNs + theirs * b.weightNs) / weightNs : ours;
  });
  return { values, weightNs };
}

/** Which row a time falls into. */
export const rowAt = (atNs: number, startNs: number, rowSeconds: number): number =>
  Math.floor((atNs - startNs) / (rowSeconds * NS.s));
