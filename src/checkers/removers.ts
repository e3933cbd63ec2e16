import type { History } from '../contracts/history.js';

/** StreamConfig's limits, as the server names them: 0 and -1 are none. */
const LIMITS = ['max_age', 'max_bytes', 'max_msgs', 'max_msgs_per_subject'] as const;

/** Which settings let a stream remove messages by itself. */
export function removersOf({ streams }: History, name: string): string[] {
  const config = streams.find(({ stream }) => stream === name)?.config ?? {};
  // With `discard: new` a full stream refuses; only age still removes.
  const removing = config.discard === 'new' ? LIMITS.filter((name) => name === 'max_age') : LIMITS;
  const limits = removing.filter((name) => Number(config[name] ?? 0) > 0);
  const { retention = 'limits' } = config;
  return retention === 'limits' ? limits : [`retention: ${String(retention)}`, ...limits];
}
