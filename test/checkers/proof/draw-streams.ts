import { NS } from '../../../src/base/clock.js';
import type { Random } from '../../../src/base/random.js';
import { MESSAGE_BYTES, type StreamsSetting } from './simulate-streams.js';

/** Limits as a server's configuration has them; undefined has none. */
const LIMITS: readonly ((random: Random) => Record<string, unknown>)[] = [
  () => ({}),
  () => ({}),
  (random) => ({ max_age: (50 + random.below(300)) * NS.ms }),
  () => ({ max_age: 5 * NS.s }),
  (random) => ({ max_msgs: 2 + random.below(12) }),
  (random) => ({ max_msgs: 2 + random.below(12), discard: 'new' }),
  (random) => ({ max_bytes: (2 + random.below(12)) * MESSAGE_BYTES }),
  (random) => ({ max_msgs_per_subject: 1 + random.below(4) }),
  (random) => ({ max_msgs_per_subject: 1 + random.below(3), max_msgs: 3 + random.below(9) }),
];

/** Any setting: one or two streams, with limits or without, of one replica or three. */
export function drawStreams(random: Random, operations: number): StreamsSetting {
  const stream = (name: string) => ({
    name,
    subjects: Array.from({ length: 1 + random.below(3) }, (_, i) => `cim.events.${name}.type${i}`),
    config: { duplicate_window: (20 + random.below(80)) * NS.ms, ...random.pick(LIMITS)(random) },
    replicas: random.pick([1, 3, 3, 5]),
  });
  return {
    operations,
    writers: 1 + random.below(3),
    streams: [stream('ORDERS'), ...(random.next() < 0.3 ? [stream('AUDIT')] : [])],
    shares: {
      refused: random.pick([0, 0.1]),
      lostBefore: random.pick([0, 0.1]),
      lostAfter: random.pick([0, 0.1]),
      repeated: random.pick([0, 0.2]),
    },
  };
}
