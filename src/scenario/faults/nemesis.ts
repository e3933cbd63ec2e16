import type { Random } from '../../base/random.js';
import type { TargetPlan } from '../../contracts/plan/target.js';
import {
  commonOf,
  type Draft,
  drawDuration,
  drawFault,
  type FaultSpec,
  LOAD_CLOCK,
  type PlannedFault,
} from './draft.js';
import type { DurationRange } from './fault-schema.js';
import { MAX_FAULTS } from './timing.js';

export interface Nemesis {
  readonly key: string;
  readonly entry: number;
  readonly atNs: number;
  readonly untilNs: number;
  readonly quiet: DurationRange;
  readonly atMost: number;
  readonly of: readonly { readonly spec: FaultSpec; readonly weight: number }[];
}

export interface NemesisScene {
  /** Faults of the scenario's entries before this one: it keeps clear of them. */
  readonly others: readonly PlannedFault[];
  readonly nodeCount: number;
  /** Faults at the same time, these others included. */
  readonly atMost: number;
  /** Whether any fault may take the meta group's quorum away. */
  readonly allowsQuorumLoss: boolean;
}

/** Where hardly anything may be made, it is not looked for without end. */
const MAX_TURNS = 10 * MAX_FAULTS;

/**
 * Draws faults until the nemesis is over. `atMost` of them may hold at once: each of so many hands in turn rests for a
 * quiet time, then draws one that may be made then. What cannot be made beside what holds, because they would spoil each
 * other on one node or because too many nodes would be away, is not drawn; when nothing can be made, the hand rests
 * again.
 */
export function drawNemesis(nemesis: Nemesis, scene: NemesisScene, random: Random): readonly Draft[] {
  const { atNs, untilNs, quiet, key, entry } = nemesis;
  const hands = Array.from({ length: nemesis.atMost }, (_, i) => {
    const own = random.fork(`hand ${i}`);
    return { random: own, turn: 0, nextNs: atNs + (i === 0 ? 0 : drawDuration(quiet, own.fork('first'))) };
  });
  const drafts: Draft[] = [];
  for (let turns = 0; ; turns++) {
    const hand = hands.reduce((a, b) => (b.nextNs < a.nextNs ? b : a));
    if (hand.nextNs >= untilNs || drafts.length > MAX_FAULTS || turns > MAX_TURNS) return drafts;
    const turn = hand.random.fork(`turn ${hand.turn++}`);
    const holding = [...scene.others, ...drafts];
    const drawn = drawOne(nemesis, hand.nextNs, holding, scene, turn);
    if (drawn !== undefined) {
      const { spec, ...fault } = drawn;
      const origin = `${key}.nemesis[${spec.path.at(-1)}]`;
      const name = `${key} #${drafts.length + 1}`;
      drafts.push({
        ...commonOf(spec),
        ...fault,
        key: name,
        origin,
        atNs: hand.nextNs,
        clock: LOAD_CLOCK,
        entry,
      });
    }
    hand.nextNs += (drawn?.forNs ?? 0) + drawDuration(quiet, turn.fork('quiet'));
  }
}

function drawOne(
  { untilNs, quiet, of }: Nemesis,
  atNs: number,
  holding: readonly PlannedFault[],
  scene: NemesisScene,
  random: Random,
): (Pick<Draft, 'target' | 'forNs' | 'seed'> & { readonly spec: FaultSpec }) | undefined {
  const left = [...of];
  for (let i = 0; left.length > 0; i++) {
    const [item] = left.splice(drawIndex(left, random.fork(`kind ${i}`)), 1);
    const { spec } = item as (typeof left)[number];
    const fault = drawFault(spec, random.fork(`fault ${i}`));
    if (atNs + fault.forNs > untilNs) continue;
    const candidate = { ...commonOf(spec), ...fault, atNs };
    // A node that was healed needs a moment until it is itself again: the shortest quiet time.
    const beside = holding.filter(
      (other) =>
        other.clock === LOAD_CLOCK &&
        other.atNs < atNs + fault.forNs + quiet.minNs &&
        atNs < other.atNs + other.forNs + quiet.minNs,
    );
    if (mayStandBeside(candidate, beside, scene)) return { ...fault, spec };
  }
  return undefined;
}

function drawIndex(items: readonly { readonly weight: number }[], random: Random): number {
  const total = items.reduce((sum, { weight }) => sum + weight, 0);
  let at = random.next() * total;
  for (const [i, { weight }] of items.entries()) {
    at -= weight;
    if (at < 0) return i;
  }
  return items.length - 1;
}

type Candidate = Omit<PlannedFault, 'clock' | 'entry'>;

function mayStandBeside(fault: Candidate, beside: readonly PlannedFault[], scene: NemesisScene): boolean {
  const overlapping = beside.filter(
    (other) => other.atNs < fault.atNs + fault.forNs && fault.atNs < other.atNs + other.forNs,
  );
  if (overlapping.length >= scene.atMost) return false;
  if (beside.some((other) => mayContradict(fault, other))) return false;
  if (scene.allowsQuorumLoss || fault.allowsQuorumLoss) return true;
  const spare = Math.floor((scene.nodeCount - 1) / 2);
  const away = mostAway([fault, ...beside], spare);
  return away === 0 || away <= spare;
}

/**
 * Whether two faults do not go together on a node that may be the same: both have the same thing to themselves there, are
 * of one kind, or one takes the node away, so that nobody could see what the other does to it.
 */
function mayContradict(a: Candidate, b: Candidate): boolean {
  const isAway = a.takesDown !== 'none' || b.takesDown !== 'none';
  if (!isAway && a.kind !== b.kind && !a.claims.some((claim) => b.claims.includes(claim))) return false;
  const [ofA, ofB] = [nodesOf(a.target), nodesOf(b.target)];
  return ofA === undefined || ofB === undefined || ofA.some((node) => ofB.includes(node));
}

/** How many nodes may be away at once: whoever has a role may be another than all that are named. */
function mostAway(faults: readonly Candidate[], minority: number): number {
  const named = new Set<string>();
  let unknown = 0;
  for (const { target, takesDown } of faults) {
    if (takesDown === 'none') continue;
    const nodes = nodesOf(target);
    if (takesDown === 'minority') unknown += minority;
    else if (nodes === undefined || takesDown === 'one-at-a-time') unknown++;
    else for (const node of nodes) named.add(node);
  }
  return named.size + unknown;
}

/** The nodes of a target that are known in the plan. */
export function nodesOf(target: TargetPlan): readonly string[] | undefined {
  if (target.role === 'node') return [target.node];
  return target.role === 'nodes' ? target.nodes : undefined;
}
