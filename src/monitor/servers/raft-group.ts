import { ElectionBook } from './election-book.js';
import type { GroupName } from './group-views.js';
import type { GroupState } from './judge-group.js';

/** One Raft group over time. */
export class RaftGroup {
  readonly name: GroupName;
  readonly elections = new ElectionBook();
  /** Told apart from others, by its own name. */
  isTold = true;
  /** Times that it lost its quorum. */
  quorumLost = 0;
  /** As it was when last seen; undefined for one that only advisories tell of. */
  state: GroupState | undefined;
  /** Monotonic: when it was heard of last. */
  seenNs: number;
  #isQuorumLost = false;

  constructor(name: GroupName, seenNs: number) {
    this.name = name;
    this.seenNs = seenNs;
  }

  get hasLeader(): boolean {
    return this.state?.leader !== undefined;
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
    this.quorumLost++;
    return true;
  }
}
