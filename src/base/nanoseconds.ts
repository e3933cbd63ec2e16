/** Nanoseconds in the units that the code speaks of. */
export const NS = { us: 1e3, ms: 1e6, s: 1e9, min: 60e9, h: 3600e9 } as const;
