import type { RecordFilePlan } from './record-file.js';

/**
 * When operations are due. `open`: by rate over time, whatever the system does. `max`: the next as soon as there is
 * room for it. `closed`: the next as soon as one of those in flight has its answer; as with `max`, there are no
 * intended times. `follow`: nothing is due by itself (subscribers, consumers, responders, agents, which keep their own
 * time); it lasts `durationNs`, or until every load that does not follow has ended. A load with a `count` is over when
 * so many operations were due, all workers together.
 */
export type LoadSchedule =
  | {
      readonly mode: 'open';
      readonly stages: readonly Stage[];
      readonly arrival: Arrival;
      /** What the stages count a second. A rate in bytes is turned into operations when their mean size is known. */
      readonly unit: 'operations' | 'bytes';
      readonly count?: number;
    }
  | { readonly mode: 'max'; readonly durationNs: number; readonly count?: number }
  | {
      readonly mode: 'closed';
      /** Operations in flight, all workers together. */
      readonly concurrency: number;
      readonly durationNs: number;
      readonly count?: number;
    }
  | { readonly mode: 'follow'; readonly durationNs?: number };

export type ScheduleMode = LoadSchedule['mode'];

/**
 * How operations are spread within a rate: evenly, as independent arrivals, or `size` at a time, by the seed; or as the
 * records of a file say, `speed` times as fast: then the stages only say how long that takes.
 */
export type Arrival =
  | { readonly kind: 'constant' }
  | { readonly kind: 'poisson' }
  | { readonly kind: 'bursts'; readonly size: number }
  | { readonly kind: 'replay'; readonly file: RecordFilePlan; readonly speed: number };

/** A stretch of time over which the rate goes linearly from one value to another. */
export interface Stage {
  readonly fromPerSec: number;
  readonly toPerSec: number;
  readonly durationNs: number;
}
