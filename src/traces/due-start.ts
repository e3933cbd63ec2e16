/**
 * From when an event that was due then waited, as its stamp tells it, to the microsecond: who receives it knows no more, and
 * what follows from a span must not begin before it.
 */
export const dueStart = (dueNs: number): number => Math.floor(dueNs / 1000) * 1000;
