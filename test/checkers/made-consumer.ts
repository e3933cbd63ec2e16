import { NS } from '../../src/base/clock.js';
import type { ConsumerFacts, ConsumerLook } from '../../src/contracts/history.js';
import { START_NS } from './made-history.js';

type MadeLook = Partial<Omit<ConsumerLook, 'atNs'>> & { readonly atSec: number };

/** A consumer that acknowledges each message, unless its configuration says otherwise, of one replica. */
export const madeConsumer = (
  stream: string,
  consumer: string,
  config: ConsumerFacts['config'] = {},
  looks: readonly MadeLook[] = [],
): ConsumerFacts => ({
  stream,
  consumer,
  config: { ack_policy: 'explicit', deliver_policy: 'all', ack_wait: 30 * NS.s, num_replicas: 1, ...config },
  looks: looks.map(({ atSec, ...look }) => ({
    atNs: START_NS + atSec * NS.s,
    exists: true,
    deliveredStreamSequence: 0,
    ackFloorStreamSequence: 0,
    ackPending: 0,
    pending: 0,
    redelivered: 0,
    ...look,
  })),
});
