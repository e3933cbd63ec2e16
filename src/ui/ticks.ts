/** Every power of ten: where a logarithmic axis has its ticks. */
export const decadeTicks: readonly number[] = Array.from({ length: 16 }, (_, power) => 10 ** power);

/** Round numbers of bytes, three to six of them up to a greatest value. */
export function byteTicks(most: number): number[] {
  const step = 2 ** Math.max(0, Math.ceil(Math.log2(Math.max(most, 1) / 5)));
  return Array.from({ length: Math.floor((1.08 * most) / step) + 1 }, (_, i) => i * step);
}
