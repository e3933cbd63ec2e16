import type { History } from '../contracts/history.js';
import { limitsOf } from './stream-limits.js';

/** Whether the stream of a bucket can lose the last value of a key by limits of its own. */
export function forgetsValues({ streams }: History, stream: string): boolean {
  // How many values of a key are kept does not touch its last.
  const { maxAgeNs, maxMessages, maxBytes, retention, hasMessageTtl } = limitsOf(
    streams.find((facts) => facts.stream === stream),
  );
  return maxAgeNs > 0 || maxMessages > 0 || maxBytes > 0 || retention !== 'limits' || hasMessageTtl;
}

/**
 * Whether every get of a bucket is answered by its leader, or by its only replica; `undefined` when nobody could read
 * how its stream is configured.
 */
export function readsLeader({ streams }: History, stream: string): boolean | undefined {
  const config = streams.find((facts) => facts.stream === stream)?.config;
  if (config === undefined || Object.keys(config).length === 0) return undefined;
  return config.allow_direct !== true || config.num_replicas === 1;
}
