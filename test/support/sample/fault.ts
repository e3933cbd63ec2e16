import { NS } from '../../../src/base/clock.js';
import type { FaultResult } from '../../../src/contracts/run-result.js';
import { OUTAGE_NS, type SampleStory, START_NS } from './story.js';

/** From the sample's fault to the last operation that was late for it. */
export const RECOVERY_NS = OUTAGE_NS + 0.18 * NS.s;

export function sampleFault({ faultFromNs, faultToNs, ordersPerSec }: SampleStory): FaultResult {
  return {
    id: 'fault-1',
    kind: 'node-kill',
    targets: ['n2'],
    target: 'stream-leader(ORDERS)',
    status: 'reverted',
    tests: 'process-crash',
    injectedNs: START_NS + faultFromNs,
    revertedNs: START_NS + faultToNs,
    during: {
      holds: true,
      looks: [
        { at: 'process of n2', saw: 'pid 4711 is gone' },
        { at: 'port 4223 of n2', saw: 'connection refused' },
        { at: 'stream ORDERS', saw: 'n1 leads it' },
      ],
    },
    after: {
      holds: true,
      looks: [
        { at: 'port 4223 of n2', saw: 'INFO of server n2' },
        { at: 'healthz of n2', saw: 'ok' },
        { at: 'stream ORDERS', saw: 'all 3 replicas current' },
      ],
    },
    recovery: {
      ns: RECOVERY_NS,
      troubledOperations: Math.round((OUTAGE_NS / NS.s) * ordersPerSec),
      firstReason: 'the acknowledgement took longer than 5 s',
      steps: {
        firstTroubledNs: 0.02 * NS.s,
        detectedNs: 0.24 * NS.s,
        electedNs: 2.1 * NS.s,
        servedNs: OUTAGE_NS + 0.2 * NS.s,
        steadyNs: 12.4 * NS.s,
      },
    },
  };
}
