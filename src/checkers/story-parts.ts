import type { History } from '../contracts/history.js';

/** `t = +3.2 s`: after the start of the load. */
export function sinceStart(ns: number, { startNs }: Pick<History, 'startNs'>): string {
  const seconds = (ns - startNs) / 1e9;
  return `t = ${seconds < 0 ? '−' : '+'}${Math.abs(seconds).toFixed(1)} s`;
}

/** `, during kill-1 (node-kill)`: the faults that held at some time between the two; '' when none did. */
export function duringFaults(fromNs: number, toNs: number, { faults }: Pick<History, 'faults'>): string {
  const during = faults
    // A fault that was never reverted has no end.
    .filter((fault) => fault.fromNs <= toNs && (fault.toNs === 0 || fault.toNs >= fromNs))
    .map(({ id, kind }) => `${id} (${kind})`);
  return during.length === 0 ? '' : `, during ${during.join(' and ')}`;
}

/** Whether any fault held then. */
export function holdsFault(atNs: number, { faults }: Pick<History, 'faults'>): boolean {
  for (const { fromNs, toNs } of faults) if (fromNs <= atNs && (toNs === 0 || toNs >= atNs)) return true;
  return false;
}
