import { nearest } from '../../base/nearest.js';
import { seededRandom } from '../../base/random.js';
import type { FaultPlan } from '../../contracts/plan/faults.js';
import { isMap } from '../kinds.js';
import type { Findings } from '../problem.js';
import type { Draft } from './draft.js';
import type { FaultScene } from './fault-scene.js';
import { reportQuorumLoss } from './quorum-problems.js';
import { resolveEntry } from './resolve-entry.js';
import { resolveNemesis } from './resolve-nemesis.js';
import { reportContradictions, reportCrowds, type ScheduleProblem } from './schedule-problems.js';
import { MAX_FAULTS } from './timing.js';

/**
 * The faults as planned, in the order in which they are due: whatever comes again, follows or is drawn is written out. What
 * an entry draws depends on the seed, its place in the list and the entries before it, and on none after it.
 */
export function resolveFaults(
  values: readonly unknown[],
  scene: FaultScene,
  findings: Findings,
): readonly FaultPlan[] {
  const drafts: Draft[] = [];
  const told = findings.all.length;
  for (const [entry, value] of values.entries()) {
    const path = ['faults', entry];
    const random = seededRandom(scene.seed).fork(`faults[${entry}]`);
    const form = formOf(value);
    const own =
      form === 'nemesis'
        ? resolveNemesis(value, entry, drafts, scene, random, findings)
        : resolveEntry(value, form === 'sequence', entry, scene, random, findings);
    if (drafts.length + own.length > MAX_FAULTS) {
      findings.add(path, 'a plan has at most 10,000 faults', 'Let them come less often, or end earlier.');
      break;
    }
    drafts.push(...own);
  }
  // What is wrong by itself is put right first: together, the faults may be others then.
  if (findings.all.length === told) checkSchedule(drafts, scene, findings);
  return numbered(drafts);
}

/** What an entry is, by the key that it has or that was probably meant. */
function formOf(value: unknown): 'fault' | 'sequence' | 'nemesis' {
  const keys = isMap(value) ? Object.keys(value) : [];
  const meant = keys.map((key) => nearest(key, ['sequence', 'nemesis']));
  const isForm = (form: 'sequence' | 'nemesis') =>
    keys.includes(form) || (!keys.includes('kind') && meant.includes(form));
  return isForm('sequence') ? 'sequence' : isForm('nemesis') ? 'nemesis' : 'fault';
}

/** What is wrong with the faults together: told once an entry. */
function checkSchedule(drafts: readonly Draft[], scene: FaultScene, findings: Findings): void {
  const { cluster, guards, streams } = scene;
  const told = new Set<number>();
  const report = ({ fault, message, hint }: ScheduleProblem) => {
    if (told.has(fault.entry)) return;
    told.add(fault.entry);
    findings.add(fault.path, message, hint);
  };
  reportContradictions(drafts, report);
  reportCrowds(drafts, guards?.atMost, report);
  if (cluster === undefined || guards === undefined || guards.allowsQuorumLoss) return;
  if (cluster.jetstream?.on === false) return;
  reportQuorumLoss(drafts, { nodes: cluster.plan.nodeNames, streams }, report);
}

/** Ids in the order in which the faults are due. */
function numbered(drafts: readonly Draft[]): readonly FaultPlan[] {
  const inOrder = drafts.toSorted((a, b) => a.atNs - b.atNs);
  const ids = new Map(inOrder.map(({ key }, i) => [key, `fault-${i + 1}`]));
  return inOrder.map(({ kind, atNs, forNs, target, params, seed, ...rest }, i) => ({
    id: `fault-${i + 1}`,
    kind,
    atNs,
    forNs,
    target,
    params,
    seed,
    ...(rest.origin !== undefined && { origin: rest.origin }),
    ...(rest.when && { when: rest.when }),
    ...(rest.follows && {
      follows: {
        fault: ids.get(rest.follows.key) as string,
        since: rest.follows.since,
        afterNs: rest.follows.afterNs,
      },
    }),
    ...(rest.allowsQuorumLoss && { allowsQuorumLoss: true }),
  }));
}
