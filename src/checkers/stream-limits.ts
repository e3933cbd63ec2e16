import { NS } from '../base/clock.js';
import type { StreamFacts } from '../contracts/history.js';

/** What a stream removes by itself, as its configuration says; 0 is no such limit. */
export interface StreamLimits {
  readonly maxAgeNs: number;
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly maxPerSubject: number;
  readonly retention: 'limits' | 'workqueue' | 'interest';
  readonly hasMessageTtl: boolean;
  readonly hasRollups: boolean;
  /** How it is called in a configuration, one by one; empty for a stream that keeps everything. */
  readonly names: readonly string[];
}

/** Unless told otherwise, the server remembers message ids for so long. */
const DEFAULT_WINDOW_NS = 120 * NS.s;

export function limitsOf(facts: StreamFacts | undefined): StreamLimits {
  const config = facts?.config ?? {};
  const number = (key: string) => Math.max(0, Number(config[key] ?? 0) || 0);
  // With `discard: new` a full stream refuses; per subject only when that is said, too.
  const refuses = config.discard === 'new';
  const limits = {
    maxAgeNs: number('max_age'),
    maxMessages: refuses ? 0 : number('max_msgs'),
    maxBytes: refuses ? 0 : number('max_bytes'),
    maxPerSubject: refuses && config.discard_new_per_subject === true ? 0 : number('max_msgs_per_subject'),
    retention: (config.retention ?? 'limits') as StreamLimits['retention'],
    hasMessageTtl: config.allow_msg_ttl === true,
    hasRollups: config.allow_rollup_hdrs === true,
  };
  const names = [
    ...(limits.retention === 'limits' ? [] : [`retention: ${limits.retention}`]),
    ...(limits.maxAgeNs > 0 ? ['max_age'] : []),
    ...(limits.maxBytes > 0 ? ['max_bytes'] : []),
    ...(limits.maxMessages > 0 ? ['max_msgs'] : []),
    ...(limits.maxPerSubject > 0 ? ['max_msgs_per_subject'] : []),
    ...(limits.hasMessageTtl ? ['allow_msg_ttl'] : []),
    ...(limits.hasRollups ? ['allow_rollup_hdrs'] : []),
  ];
  return { ...limits, names };
}

export const duplicateWindowNs = (facts: StreamFacts | undefined): number =>
  Number(facts?.config.duplicate_window ?? 0) || DEFAULT_WINDOW_NS;
