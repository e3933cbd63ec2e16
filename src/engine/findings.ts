import { formatDuration, formatInteger } from '../base/units.js';
import type { CheckResult } from '../contracts/checker.js';
import type { NodeEvent } from '../contracts/cluster.js';
import type { LoadNotice } from '../contracts/load.js';
import type {
  FaultResult,
  LoadResult,
  ProbeResult,
  ServerCounters,
  ThresholdResult,
} from '../contracts/run-result.js';
import { wasCutOff } from './notice-book.js';
import type { Finding } from './verdict.js';

const NO_FILES = /\b(EMFILE|ENFILE)\b/;
/** A load of which less than this share got through has failed, whatever else held. */
const LEAST_THROUGH = 0.5;

export function thresholdFindings(thresholds: readonly ThresholdResult[]): Finding[] {
  return thresholds.flatMap(({ text, verdict, measured }): Finding[] => {
    if (verdict === 'pass') return [];
    return verdict === 'fail'
      ? [{ exit: 'threshold', text: `${text}: ${measured}` }]
      : [{ exit: 'inconclusive', text: `no data for ${text}: ${measured}` }];
  });
}

export function checkFindings(checks: readonly CheckResult[]): Finding[] {
  return checks.flatMap(({ name, verdict, sentence }): Finding[] => {
    if (verdict === 'pass') return [];
    return [{ exit: verdict === 'fail' ? 'safety' : 'inconclusive', text: `${name}: ${sentence}` }];
  });
}

const FAULT_FAILURES: Record<Exclude<FaultResult['status'], 'reverted'>, Pick<Finding, 'exit' | 'text'>> = {
  unreverted: { exit: 'unreverted', text: 'could not be reverted' },
  'no-effect': { exit: 'expectation', text: 'was injected and had no effect' },
  refused: { exit: 'expectation', text: 'was refused' },
  'not-run': { exit: 'expectation', text: 'did not run' },
  failed: { exit: 'expectation', text: 'failed' },
};

export function faultFindings(faults: readonly FaultResult[]): Finding[] {
  return faults.flatMap(({ id, kind, target, status, detail, byHand, revertedNs }): Finding[] => {
    if (status === 'reverted') return [];
    // Whoever asked for it was told; the scenario expected nothing of it, and nothing was touched.
    if (byHand !== undefined && status !== 'unreverted' && revertedNs === 0) return [];
    const { exit, text } = FAULT_FAILURES[status];
    return [{ exit, text: `${id} (${kind} ${target}) ${text}${detail ? `: ${detail}` : ''}` }];
  });
}

/** The system was to be steady again within a time after each fault, and was not. */
export function recoveryFindings(faults: readonly FaultResult[], withinNs: number | undefined): Finding[] {
  if (withinNs === undefined) return [];
  return faults.flatMap(({ id, kind, settled }): Finding[] => {
    if (settled === undefined || settled.steady) return [];
    const text = `${id} (${kind}) was not recovered from within ${formatDuration(withinNs)}: ${settled.unsteady}`;
    return [{ exit: 'expectation', text }];
  });
}

/** A probe of the steady state did not hold though no fault explains it, or none may. */
export function probeFindings(probes: readonly ProbeResult[]): Finding[] {
  return probes.flatMap(({ name, throughout, missed, steady, faults }): Finding[] => {
    if (throughout && steady.looks + faults.looks === 0) {
      return [
        {
          exit: 'inconclusive',
          text: `the probe ${name} was to hold throughout, and was never looked at while the load ran`,
          hint: 'say how often it is looked at, well within the time of the load: `steady-state: { every: 1s }`',
        },
      ];
    }
    if (missed === undefined) return [];
    const when = throughout ? '' : ', with no fault to explain it';
    return [{ exit: 'expectation', text: `the probe ${name} did not hold${when}: ${missed}` }];
  });
}

/** Nodes that ended without being asked to. */
export function crashFindings(events: readonly NodeEvent[]): Finding[] {
  return events
    .filter(({ what }) => what === 'crashed')
    .map(({ node, detail }) => ({
      exit: 'expectation',
      text: `node ${node} crashed: ${detail ?? 'no reason known'}`,
    }));
}

/** Whether the loads tell anything at all about the system. */
export function loadFindings(
  loads: readonly LoadResult[],
  acknowledged: (kind: string) => boolean,
  monitored: (kind: string) => boolean,
): Finding[] {
  return loads.flatMap((load): Finding[] => {
    const { due, sent, ok, received } = load.total.counters;
    // One that only listens says all there is to say with what it heard.
    if (due === 0 && sent === 0 && received > 0) return [];
    const through = acknowledged(load.kind) ? ok : sent;
    if (sent > 0 && ok > 0 && through < due * LEAST_THROUGH) {
      return [
        {
          exit: 'expectation',
          text: `load ${load.name}: ${formatInteger(due - through)} of ${formatInteger(due)} operations did not get through`,
          hint: 'a run that says nothing of most of its operations is no pass; a lower rate, or thresholds of your own, tell more',
        },
      ];
    }
    if (sent === 0) {
      const nothing = due === 0 ? 'neither sent nor received anything' : 'sent nothing';
      return [{ exit: 'inconclusive', text: `load ${load.name} ${nothing}` }];
    }
    if (ok === 0 && acknowledged(load.kind)) {
      return [
        {
          exit: 'inconclusive',
          text: `load ${load.name}: none of ${formatInteger(sent)} operations was acknowledged`,
        },
      ];
    }
    // Not one of them: nobody listened, rather than that all were lost.
    if (ok > 0 && received === 0 && monitored(load.kind)) {
      const text = `load ${load.name}: the monitor received none of its ${formatInteger(ok)} events`;
      return [{ exit: 'inconclusive', text, hint: 'see that the monitor may listen where they go' }];
    }
    return [];
  });
}

/** Operations that are ok, those of the warm-up too: what the servers must have seen. */
function okInAll({ total, phases }: LoadResult): number {
  const warmUp = phases.find(({ phase }) => phase === 'warm-up');
  return total.counters.ok + (warmUp?.counters.ok ?? 0);
}

/** What was refused for lack of permission never got through, whoever else was let in; and open files are ours to have. */
export function noticeFindings(notices: readonly LoadNotice[]): Finding[] {
  const refused = notices.filter(({ kind }) => kind === 'permission-violation');
  const refusals = [...new Set(refused.map(({ load }) => load))].map((load): Finding => {
    const own = refused.filter((notice) => notice.load === load);
    const count = own.reduce((sum, notice) => sum + notice.count, 0);
    return {
      exit: 'expectation',
      text: `load ${load}: the servers refused it ${formatInteger(count)} times for lack of permission, first: ${own[0]?.text}`,
      hint: 'give its user the permission, or leave these subjects out of its events',
    };
  });
  const starved = notices.find(({ text }) => NO_FILES.test(text));
  if (starved === undefined) return refusals;
  return [
    ...refusals,
    {
      exit: 'inconclusive',
      text: `load ${starved.load}: this machine gave stormglass no more open files: ${starved.text}`,
      hint: 'raise the limit (`ulimit -n`), or open fewer connections',
    },
  ];
}

/** The messages that carried them: what the servers count. Those of the warm-up too. */
export function messagesInAll(load: LoadResult): number {
  const warmUp = load.phases.find(({ phase }) => phase === 'warm-up')?.counters.messages ?? 0;
  const messages = load.total.counters.messages + warmUp;
  return messages > 0 ? messages : okInAll(load);
}

/**
 * Where a server has forgotten nothing, what was sent must have arrived: else the rate is only our own word. But for a
 * load that was cut off: what its kernel had taken and not delivered by then is gone, as `lost` says of core events.
 */
export function confirmationFindings(
  loads: readonly LoadResult[],
  { confirmed, restarted }: ServerCounters,
  notices: readonly LoadNotice[],
): Finding[] {
  if (confirmed === undefined || restarted.length > 0) return [];
  return loads.flatMap((load): Finding[] => {
    const { name } = load;
    if (wasCutOff(notices, name)) return [];
    const sent = messagesInAll(load);
    const seen = confirmed[name];
    if (seen === undefined || seen >= sent) return [];
    return [
      {
        exit: 'inconclusive',
        text: `load ${name}: the servers' own counters confirm ${formatInteger(seen)} of ${formatInteger(sent)} messages`,
      },
    ];
  });
}

/** The system did not come back to rest after the load. */
export function unsettledFinding(afterNs: number, unsteady: string): Finding {
  return { exit: 'expectation', text: `not steady ${formatDuration(afterNs)} after the load: ${unsteady}` };
}
