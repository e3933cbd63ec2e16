import { NS, nowNs, sleep } from '../base/clock.js';
import { messageOf, StormglassError } from '../base/errors.js';
import { formatDuration } from '../base/units.js';
import { withDeadline } from '../base/wait.js';
import type { Cluster } from '../contracts/cluster.js';
import type { RaftGroup, SystemControl } from '../contracts/control.js';
import type { FaultClaim, Impact } from '../contracts/fault.js';
import type { FaultPlan } from '../contracts/plan/faults.js';
import type { GuardPlan } from '../contracts/plan/guards.js';
import { groupsWithoutQuorum } from './quorum.js';

/** One question to the servers, or to the operating system, may take this long. */
const LOOK_WITHIN_MS = 5_000;
const LOOK_AGAIN_MS = 100;
/** What began so late may hold so much longer than it was planned. */
const SOON_NS = 2 * NS.s;
/** Beyond this many, groups are only counted. */
const MOST_NAMED = 5;

/** A guard did not let a fault begin: nothing was touched, and nothing recorded. */
export class FaultRefused extends StormglassError {
  override readonly name = 'FaultRefused';
  constructor(message: string) {
    super('expectation', message);
  }
}

/** A fault that was let in, until it is gone again. */
export interface AdmittedFault {
  readonly plan: FaultPlan;
  readonly targets: readonly string[];
  readonly impact: Impact;
  /** Monotonic. */
  readonly sinceNs: number;
  stage: 'beginning' | 'holding' | 'healing' | 'unreverted';
  /** Heals it before its time; what aborts it is said in its result. */
  readonly end: AbortController;
}

export interface GuardSurroundings {
  readonly guards: GuardPlan;
  readonly cluster: Pick<Cluster, 'nodes' | 'lookAtProcess'>;
  readonly control: Pick<SystemControl, 'raftGroups'>;
  /** How long a fault that is being healed is waited for. */
  readonly healNs: number;
  claimsOf(kind: string): readonly FaultClaim[];
}

/**
 * Lets a fault begin or refuses it, knowing all that hold: how many there are, what they have to themselves on a node,
 * and which Raft groups all of them together would leave without a quorum. A refusal that only stands because another
 * fault is still being healed waits for that one.
 */
export class FaultGuards {
  readonly #around: GuardSurroundings;
  readonly #admitted = new Set<AdmittedFault>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(around: GuardSurroundings) {
    this.#around = around;
  }

  /** Those that hold, are about to or are being healed, and those that could not be: their nodes are still away. */
  get admitted(): readonly AdmittedFault[] {
    return [...this.#admitted];
  }

  /** @throws FaultRefused that says which guard it was, and what lets the fault pass */
  admit(
    plan: FaultPlan,
    targets: readonly string[],
    impact: Impact,
    end: AbortController,
  ): Promise<AdmittedFault> {
    // One after the other: two that are due at once must know of each other.
    const turn = this.#last.then(() => this.#admit(plan, targets, impact, end));
    this.#last = turn.catch(() => {});
    return turn;
  }

  release(admitted: AdmittedFault): void {
    this.#admitted.delete(admitted);
  }

  async #admit(
    plan: FaultPlan,
    targets: readonly string[],
    impact: Impact,
    end: AbortController,
  ): Promise<AdmittedFault> {
    const deadlineNs = nowNs() + this.#around.healNs;
    for (;;) {
      const refusal =
        this.#tooMany() ?? this.#contradiction(plan, targets) ?? (await this.#quorumLoss(plan, impact));
      if (refusal === undefined) {
        const admitted: AdmittedFault = { plan, targets, impact, sinceNs: nowNs(), stage: 'beginning', end };
        this.#admitted.add(admitted);
        return admitted;
      }
      const isPassing = this.admitted.some(isPassingSoon);
      if (!isPassing || nowNs() > deadlineNs) throw new FaultRefused(refusal);
      await sleep(LOOK_AGAIN_MS, end.signal);
    }
  }

  #tooMany(): string | undefined {
    const { atMost } = this.#around.guards;
    if (atMost === undefined || this.#admitted.size < atMost) return undefined;
    const [verb, are] = this.#admitted.size === 1 ? ['holds', 'is'] : ['hold', 'are'];
    return `${this.admitted.map(named).join(', ')} ${verb}, and ${atMost} at once ${are} the most that \`guards.at-most\` allows`;
  }

  #contradiction(plan: FaultPlan, targets: readonly string[]): string | undefined {
    const claims = this.#around.claimsOf(plan.kind);
    for (const other of this.#admitted) {
      const node = targets.find((name) => other.targets.includes(name));
      const claim = claims.find((each) => this.#around.claimsOf(other.plan.kind).includes(each));
      if (node !== undefined && claim !== undefined)
        return `${named(other)} has the ${claim} of ${node} to itself until it is healed`;
    }
    return undefined;
  }

  async #quorumLoss(plan: FaultPlan, impact: Impact): Promise<string | undefined> {
    if (this.#around.guards.allowsQuorumLoss || plan.allowsQuorumLoss) return undefined;
    if (impact.down.length === 0 && impact.cuts.length === 0) return undefined;
    const allow = '`allow-quorum-loss: true` lets it pass';
    let groups: readonly RaftGroup[];
    try {
      groups = await withDeadline(this.#around.control.raftGroups(), LOOK_WITHIN_MS, 'the servers’ answer');
    } catch (error) {
      return `it takes servers away, and which Raft groups they vote in could not be found out (${messageOf(error)}); ${allow}`;
    }
    const away: Impact = { down: await this.#nodesAway(), cuts: [] };
    const held = this.admitted.map((each) => each.impact);
    const lost = groupsWithoutQuorum(groups, [away, ...held, impact]);
    if (lost.length === 0) return undefined;
    const names = lost.slice(0, MOST_NAMED).map(({ name, peers }) => `${name} (${peers.join(', ')})`);
    const more = lost.length > MOST_NAMED ? ` and ${lost.length - MOST_NAMED} more` : '';
    const already = [...new Set([...away.down, ...held.flatMap(({ down }) => down)])];
    const beside = already.length > 0 ? `, with ${already.join(', ')} away already,` : '';
    return `it would${beside} take the quorum of ${names.join('; ')}${more}; ${allow}`;
  }

  /** Nodes that are down whatever the reason: one that has crashed, or that another has stopped. */
  async #nodesAway(): Promise<string[]> {
    const { cluster } = this.#around;
    const looks = await Promise.all(
      cluster.nodes.map(async ({ name }) => {
        // Of servers that are nobody's process here, nobody can say.
        const look = await withDeadline(cluster.lookAtProcess(name), LOOK_WITHIN_MS, 'the look').catch(
          () => undefined,
        );
        return look && look.state !== 'running' ? name : undefined;
      }),
    );
    return looks.filter((name) => name !== undefined);
  }
}

/** It is being healed, or is about to be: one that began late by a little is not over in time for the next. */
const isPassingSoon = ({ stage, plan, sinceNs }: AdmittedFault): boolean =>
  stage !== 'unreverted' && (stage === 'healing' || nowNs() + SOON_NS >= sinceNs + plan.forNs);

const named = ({ plan, targets, sinceNs }: AdmittedFault): string => {
  const forS = Math.round((nowNs() - sinceNs) / NS.s);
  const since = forS === 0 ? 'just begun' : `for ${formatDuration(forS * NS.s)} now`;
  return `${plan.id} (${plan.kind} on ${targets.join(', ')}, ${since})`;
};
