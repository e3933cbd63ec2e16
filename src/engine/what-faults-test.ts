import { FAILURE_CLASSES, type FailureClass } from '../contracts/safety.js';

type Parameters = Readonly<Record<string, unknown>>;

const BY_SIGNAL = ({ signal }: Parameters): FailureClass =>
  signal === 'SIGKILL' ? 'process-crash' : 'orderly-restart';

/** By kind; what a fault of the user's own tests only the user knows, and `scrape-outage` leaves the system alone. */
const TESTED_BY: Readonly<Record<string, FailureClass | ((params: Parameters) => FailureClass)>> = {
  'node-kill': BY_SIGNAL,
  'node-restart': BY_SIGNAL,
  'rolling-restart': BY_SIGNAL,
  'node-drain': 'orderly-restart',
  'node-pause': 'pause',
  'node-add': 'membership-change',
  'node-remove': 'membership-change',
  // Nodes whose clients are cut off still reach each other.
  partition: ({ between }) => (between === 'clients' ? 'bad-network' : 'partition'),
  latency: 'bad-network',
  bandwidth: 'bad-network',
  'packet-slicer': 'bad-network',
  'slow-close': 'bad-network',
  reset: 'bad-network',
  timeout: 'bad-network',
  'limit-data': 'bad-network',
  'cpu-pressure': 'overload',
  'memory-pressure': 'overload',
  'fd-exhaustion': 'overload',
  'connection-storm': 'overload',
  'slow-consumer': 'overload',
  'publish-storm': 'overload',
  'poison-events': 'overload',
  'disk-full': 'full-disk',
  'storage-limit': 'full-disk',
  'slow-disk': 'slow-disk',
  'file-truncate': 'file-damage',
  'file-bitflip': 'file-damage',
  'snapshot-restore': 'file-damage',
  'power-loss': 'power-loss',
  'clock-skew': 'clock-skew',
};

/** The kind of failure that a fault with these parameters is; `undefined` where it is none of the system's, or nobody but its author knows. */
export function whatFaultTests(kind: string, params: Parameters): FailureClass | undefined {
  const tests = Object.hasOwn(TESTED_BY, kind) ? TESTED_BY[kind] : undefined;
  return typeof tests === 'function' ? tests(params) : tests;
}

/** What was made in a run, seen to take hold, and healed; and all that was not. */
export function testedFailures(
  faults: readonly { readonly status: string; readonly tests?: FailureClass }[],
): { readonly tested: readonly FailureClass[]; readonly untested: readonly FailureClass[] } {
  const made = new Set(faults.filter(({ status }) => status === 'reverted').map(({ tests }) => tests));
  return {
    tested: FAILURE_CLASSES.filter((each) => made.has(each)),
    untested: FAILURE_CLASSES.filter((each) => !made.has(each)),
  };
}
