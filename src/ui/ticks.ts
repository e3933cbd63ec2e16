/** Every power of ten: where a logarithmic axis has its ticks. */
export const decadeTicks: readonly number[] = Array.from({ length: 16 }, (_, power) => 10 ** power);
