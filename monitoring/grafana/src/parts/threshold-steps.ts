import type { Threshold } from '@grafana/grafana-foundation-sdk/dashboard';

/** Green, and worse the larger it is. */
export const worseAbove = (warnAt: number, badAt: number): readonly Threshold[] => [
  { value: null, color: 'green' },
  { value: warnAt, color: 'orange' },
  { value: badAt, color: 'red' },
];

/** Red, and better the larger it is. */
export const betterAbove = (warnAt: number, goodAt: number): readonly Threshold[] => [
  { value: null, color: 'red' },
  { value: warnAt, color: 'orange' },
  { value: goodAt, color: 'green' },
];

/** Green at none, red at any: `least` is what counts as one. */
export const badAbove = (least: number): readonly Threshold[] => [
  { value: null, color: 'green' },
  { value: least, color: 'red' },
];

/** For what is neither good nor bad. */
export const NEUTRAL: readonly Threshold[] = [{ value: null, color: 'blue' }];
