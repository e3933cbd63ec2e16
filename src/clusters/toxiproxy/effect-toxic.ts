import type { LinkEffect } from '../../contracts/links.js';

/** A toxic as Toxiproxy takes it, but for its name and its stream. */
export interface Toxic {
  readonly type: 'timeout' | 'latency' | 'bandwidth' | 'slicer' | 'slow_close' | 'reset_peer' | 'limit_data';
  readonly attributes: Readonly<Record<string, number>>;
}

/** The toxic that has the effect; `undefined` where the proxy itself is disabled, which ends and refuses connections. */
export function toxicOf(effect: LinkEffect): Toxic | undefined {
  switch (effect.kind) {
    case 'cut':
      // Without a time it swallows data and closes nothing until it is taken off.
      return effect.how === 'drop' ? { type: 'timeout', attributes: { timeout: 0 } } : undefined;
    case 'latency':
      return { type: 'latency', attributes: { latency: effect.delayMs, jitter: effect.jitterMs } };
    case 'bandwidth':
      // In kilobytes a second; at 0 Toxiproxy would never send anything again, whatever became of the toxic.
      return { type: 'bandwidth', attributes: { rate: Math.max(1, Math.round(effect.bytesPerSec / 1000)) } };
    case 'slicer':
      return {
        type: 'slicer',
        attributes: {
          average_size: effect.averageBytes,
          size_variation: effect.variationBytes,
          delay: effect.delayUs,
        },
      };
    case 'slow-close':
      return { type: 'slow_close', attributes: { delay: effect.delayMs } };
    case 'reset':
      return { type: 'reset_peer', attributes: { timeout: effect.afterMs } };
    case 'timeout':
      return { type: 'timeout', attributes: { timeout: effect.afterMs } };
    case 'limit-data':
      return { type: 'limit_data', attributes: { bytes: effect.bytes } };
  }
}

/** More, and undoing would take longer than it may. */
const LONGEST_REMOVAL_MS = 8_000;

/** How long Toxiproxy may take with reason to take the toxic off: it sleeps through the wait of a reset. */
export const removalTakesMs = (effect: LinkEffect): number =>
  effect.kind === 'reset' ? Math.min(effect.afterMs, LONGEST_REMOVAL_MS) : 0;
