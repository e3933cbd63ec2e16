import { NS } from '../../base/clock.js';

/** A rhythm that would be shorter is taken for this: agents are looked at once a second. */
export const LEAST_WINDOW_NS = NS.s;

/** So many intervals are seen before anything is made of them: the first may be shorter than the others. */
export const INTERVALS_TO_KNOW = 3;

/** Two heartbeats that are so much nearer than the rhythm are one that came twice. */
const COPY_RATIO = 0.01;
/** How far a beat that is late, or one of several that were missed, can draw the rhythm. */
const MOST_RATIO = 2;
const LEAST_RATIO = 0.5;
const WEIGHT = 1 / 8;

/**
 * The rhythm of an agent after another interval between two of its heartbeats: at first the longest of three, and from then
 * on an eighth of the way from the old to the new, which counts as double the old at most and as half of it at least. So one
 * outage, however long, changes it by an eighth; a rhythm that has really changed is known after a dozen beats.
 *
 * @param intervals how many there were before
 */
export function learnRhythm(everyNs: number, intervalNs: number, intervals: number): number {
  if (intervals < INTERVALS_TO_KNOW) return Math.max(everyNs, intervalNs);
  if (intervalNs < COPY_RATIO * everyNs) return everyNs;
  const sample = Math.min(MOST_RATIO * everyNs, Math.max(LEAST_RATIO * everyNs, intervalNs));
  return everyNs + (sample - everyNs) * WEIGHT;
}

/** How many heartbeats were due and have not come, so long after the last one: each is missed when it is late by half of the rhythm. */
export function missedBeats(sinceNs: number, everyNs: number): number {
  return Math.max(0, Math.floor(sinceNs / everyNs - 0.5));
}
