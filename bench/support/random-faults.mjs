// Faults by seed, for the benches that ask whether whatever is done is undone, and whether it is safe.
import { seededRandom } from '../../dist/base/random.js';

const seconds = (random, from, to) => `${(from + random.next() * (to - from)).toFixed(1)}s`;
const milliseconds = (random, from, to) => `${Math.round(from + random.next() * (to - from))}ms`;

/** By kind: its keys beside kind, at and target, drawn; `hold` is how long a fault is to last. */
export const FAULTS = {
  'node-kill': (random, hold) => ({
    'restart-after': hold,
    signal: random.pick(['SIGKILL', 'SIGTERM']),
  }),
  'node-pause': (_, hold) => ({ for: hold }),
  'node-restart': () => ({}),
  'node-drain': (_, hold) => ({ 'restart-after': hold }),
  partition: (random, hold) => ({
    for: hold,
    ...random.pick([
      { shape: 'isolate', how: 'drop' },
      { shape: 'isolate', how: 'reject' },
      { shape: 'one-way', how: 'drop' },
      { shape: 'pair', how: 'reject' },
    ]),
  }),
  latency: (random, hold) => ({ for: hold, delay: milliseconds(random, 20, 200), jitter: '10ms' }),
  bandwidth: (_, hold) => ({ for: hold, rate: '256KiB/s' }),
  'packet-slicer': (_, hold) => ({ for: hold }),
  'cpu-pressure': (_, hold) => ({ for: hold, workers: 1 }),
  'memory-pressure': (_, hold) => ({ for: hold, size: '128MiB' }),
  'connection-storm': (_, hold) => ({ for: hold }),
  'fd-exhaustion': (_, hold) => ({ for: hold }),
  'poison-events': (_, hold) => ({ for: hold }),
  'storage-limit': (_, hold) => ({ for: hold }),
};

/**
 * So many faults of these kinds, one after the other with a rest between them, as a scenario writes them; and how long
 * the load must last to see the end of the last.
 */
export function randomFaults(seed, { count, kinds, firstAtSec = 3, restSec = 6, holdSec = [1.5, 3.5] }) {
  const random = seededRandom(seed).fork('faults');
  const faults = [];
  let atSec = firstAtSec;
  for (let i = 0; i < count; i++) {
    const kind = random.pick(kinds);
    const hold = seconds(random, ...holdSec);
    const target = random.pick(['one', 'one', 'leader', 'stream-leader(HEALED)', 'follower(HEALED)']);
    faults.push({ kind, at: `${atSec.toFixed(1)}s`, target, ...FAULTS[kind](random, hold) });
    atSec += Number.parseFloat(hold) + restSec;
  }
  return { faults, lastsSec: Math.ceil(atSec + 4) };
}
