/** Every power of ten: where a logarithmic axis has its ticks. */
export const decadeTicks: readonly number[] = Array.from({ length: 16 }, (_, power) => 10 ** power);

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** How far apart ticks of a time in seconds may stand: a clock has no half seconds, and goes by sixties. */
export const timeSteps: readonly number[] = [
  ...[1, 2, 5, 10, 15, 20, 30],
  ...[1, 2, 5, 10, 15, 20, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12, 24, 48, 96, 192].map((hours) => hours * HOUR),
];

/** Round numbers of bytes, three to six of them up to a greatest value. */
export function byteTicks(most: number): number[] {
  const step = 2 ** Math.max(0, Math.ceil(Math.log2(Math.max(most, 1) / 5)));
  return Array.from({ length: Math.floor((1.08 * most) / step) + 1 }, (_, i) => i * step);
}
