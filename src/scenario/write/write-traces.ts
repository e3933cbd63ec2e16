import type { TracesPlan } from '../../contracts/trace.js';

/** The traces of a plan as a scenario has them. */
export const writeTraces = ({
  endpoint,
  sampleEvery,
  maxSpansPerSec,
}: TracesPlan): Record<string, unknown> => ({
  ...(endpoint !== undefined && { endpoint }),
  sample: sampleEvery === 1 ? 'every' : `1/${sampleEvery}`,
  'max-spans': maxSpansPerSec,
});
