// Faults by seed, for the benches that ask whether whatever is done is undone, and whether it is safe.
import { seededRandom } from '../../dist/base/random.js';

/** The stream that faults are aimed at. */
export const STREAM = 'STORED';

const ANY_NODE = ['one', 'leader', 'follower', `stream-leader(${STREAM})`, `follower(${STREAM})`];
const A_REPLICA = [`follower(${STREAM})`];

/** A fault that holds as long as it is told, with these keys beside kind, at, target and for. */
const holding = (keys = () => ({}), targets = ANY_NODE) => ({
  keys: (random, hold) => ({ for: `${hold}s`, ...keys(random) }),
  targets,
});

/** By kind. `holdSec`: how long one lasts, where that is not free to choose; its act alone, where there is no hold. */
export const FAULTS = {
  'node-kill': {
    keys: (random, hold) => ({ 'restart-after': `${hold}s`, signal: random.pick(['SIGKILL', 'SIGTERM']) }),
    targets: ANY_NODE,
  },
  'node-pause': holding(),
  'node-restart': {
    keys: (random) => ({ signal: random.pick(['SIGKILL', 'SIGTERM']) }),
    targets: ANY_NODE,
    holdSec: 2,
  },
  'node-drain': { keys: () => ({ 'restart-after': '12s' }), targets: ANY_NODE, holdSec: 12 },
  'node-add': { ...holding(), targets: undefined },
  'node-remove': holding(),
  'rolling-restart': { keys: () => ({ pause: '500ms' }), targets: undefined, holdSec: 12 },
  partition: holding((random) =>
    random.pick([
      { shape: 'isolate', how: 'drop' },
      { shape: 'isolate', how: 'reject' },
      { shape: 'one-way', how: 'drop' },
      { shape: 'pair', how: 'reject' },
      { shape: 'isolate', how: 'drop', between: 'clients' },
    ]),
  ),
  latency: holding((random) => ({ delay: `${20 + random.below(180)}ms`, jitter: '10ms' })),
  bandwidth: holding(() => ({ rate: '256KiB/s' })),
  'packet-slicer': holding(),
  'slow-close': holding(() => ({ delay: '1s' })),
  reset: holding(),
  timeout: holding(),
  'limit-data': holding(() => ({ bytes: '64KiB' })),
  'cpu-pressure': { ...holding(() => ({ workers: 1, load: '80%' })), targets: undefined },
  'memory-pressure': { ...holding(() => ({ size: '256MiB' })), targets: undefined },
  'fd-exhaustion': holding(() => ({ spare: 2 })),
  'connection-storm': holding(() => ({ connections: 100, rate: '100/s', stay: '500ms' })),
  'publish-storm': { ...holding(() => ({ rate: '5k/s', size: '128B' })), targets: undefined },
  'poison-events': {
    ...holding(() => ({ subject: 'cim.events.orders.Placed', rate: '100/s' })),
    targets: undefined,
  },
  'storage-limit': holding(undefined, A_REPLICA),
  'disk-full': holding(undefined, A_REPLICA),
  'file-bitflip': holding(() => ({ stream: STREAM, file: 'blk', bits: 8 }), A_REPLICA),
  'file-truncate': holding(() => ({ stream: STREAM, file: 'blk', lose: '50%' }), A_REPLICA),
};

/**
 * So many faults of these kinds, one after the other with a rest between them, as a scenario writes them; and how long
 * the load must last to see the end of the last, and so long after it.
 */
export function randomFaults(
  seed,
  { count, kinds, firstAtSec = 3, restSec = 6, holdSec = [1.5, 3.5], afterSec = 4 },
) {
  const random = seededRandom(seed).fork('faults');
  const faults = [];
  let atSec = firstAtSec;
  for (let i = 0; i < count; i++) {
    const kind = random.pick(kinds);
    const { keys, targets, holdSec: own } = FAULTS[kind];
    const hold = Number((holdSec[0] + random.next() * (holdSec[1] - holdSec[0])).toFixed(1));
    faults.push({
      kind,
      at: `${atSec.toFixed(1)}s`,
      ...(targets && { target: random.pick(targets) }),
      ...keys(random, hold),
    });
    atSec += (own ?? hold) + restSec;
  }
  return { faults, lastsSec: Math.ceil(atSec + afterSec) };
}
