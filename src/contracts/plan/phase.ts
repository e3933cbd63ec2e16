/** `warm-up` is in no total. */
export type PhaseName = 'steady' | 'faults' | 'warm-up';
