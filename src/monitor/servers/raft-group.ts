import { ElectionBook } from './election-book.js';
import type { GroupName } from './group-views.js';
import type { GroupState } from './judge-group.js';

/** What was counted of one group, or of those that are told as one. */
export interface GroupCounts {
  elections: number;
  /** Times that a quorum was lost. */
  quorumLost: number;
}

/** One Raft group over time. */
export class RaftGroup {
  readonly name: GroupName;
  /** Told apart from others, by its own name. */
  isTold = true;
  /** As it was when last seen; undefined for one that only advisories tell of. */
  state: GroupState | undefined;
  /** Monotonic: when it was heard of last. */
  seenNs: number;
  /** Monotonic: when somebody said that it was deleted. */
  deletedNs: number | undefined;
  readonly #elections = new ElectionBook();
  readonly #own: GroupCounts = { elections: 0, quorumLost: 0 };
  readonly #others: GroupCounts;
  #isQuorumLost = false;

  /** @param others what is counted, together, of those that are not told apart */
  constructor(name: GroupName, seenNs: number, others: GroupCounts) {
    this.name = name;
    this.seenNs = seenNs;
    this.#others = others;
  }

  get hasLeader(): boolean {
    return this.state?.leader !== undefined;
  }

  /** Where it is counted now: what went into the sum of others stays there, or that would fall. */
  get counts(): GroupCounts {
    return this.isTold ? this.#own : this.#others;
  }

  /** Of a group of one replica the server that has it; empty for others. */
  get onlyServer(): string {
    const { members = [] } = this.state ?? {};
    return this.name.kind !== 'meta' && members.length === 1 ? (members[0] as string) : '';
  }

  /** An advisory of an election; returns whether it was not known. See ElectionBook. */
  hearLeader(leader: string, atMs: number): boolean {
    return this.#countElection(this.#elections.onAdvisory(leader, atMs));
  }

  /** The leader as the pages have it; returns whether its election was not known. See ElectionBook. */
  seeLeader(leader: string, sinceMs: number | undefined, knownSinceMs: number): boolean {
    return this.#countElection(this.#elections.onPage(leader, sinceMs, knownSinceMs));
  }

  /** What the pages come to now. Returns whether the quorum was lost, or is back, since the last time. */
  update(state: GroupState): 'lost' | 'back' | undefined {
    this.state = state;
    // Of one replica there is no quorum: its server is away, and that is told as such.
    if (state.isBelowQuorum && state.members.length > 1) return this.loseQuorum() ? 'lost' : undefined;
    if (state.leader === undefined || !this.#isQuorumLost) return undefined;
    this.#isQuorumLost = false;
    return 'back';
  }

  /** Told by an advisory, again every ten seconds, or seen: counted once until there is a leader again. */
  loseQuorum(): boolean {
    if (this.#isQuorumLost) return false;
    this.#isQuorumLost = true;
    this.counts.quorumLost++;
    return true;
  }

  #countElection(isNew: boolean): boolean {
    if (isNew) this.counts.elections++;
    return isNew;
  }
}
