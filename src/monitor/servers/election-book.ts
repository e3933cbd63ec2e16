/** Leaders that are known at once: a group has few servers, but anybody may tell of an election. */
const MOST_LEADERS = 64;
/** An advisory of an election comes soon after it; what comes later tells of another. */
const ONE_ELECTION_MS = 5000;

interface Elected {
  /** The last election of this server that is known, by its own clock; NaN where it was not told when. */
  atMs: number;
  /** It was seen on the pages, and the advisory of it may still come. */
  untold: boolean;
}

/**
 * Knows the elections of one Raft group, each once, though most are told twice: by an advisory, which is lost where nobody
 * listens, and by the leader's own page, which shows the last one only. Times are compared by one server's clock alone.
 */
export class ElectionBook {
  readonly #elected = new Map<string, Elected>();
  #lastLeader: string | undefined;

  /** An advisory; returns whether it tells of an election that was not known. */
  onAdvisory(leader: string, atMs: number): boolean {
    const last = this.#elected.get(leader);
    if (last?.untold && !(atMs < last.atMs) && !(atMs - last.atMs > ONE_ELECTION_MS)) {
      last.atMs = atMs;
      last.untold = false;
      return false;
    }
    if (last !== undefined && atMs <= last.atMs) return false;
    this.#keep(leader, { atMs, untold: false });
    this.#lastLeader = leader;
    return true;
  }

  /**
   * The leader as the pages have it; returns whether its election was not known.
   *
   * @param sinceMs since when it leads, by its clock; undefined where that cannot be had
   * @param knownSinceMs elections before are none that were seen, by the leader's clock
   */
  onPage(leader: string, sinceMs: number | undefined, knownSinceMs: number): boolean {
    const last = this.#elected.get(leader);
    const isOther = this.#lastLeader !== leader;
    const isFirst = this.#lastLeader === undefined;
    this.#lastLeader = leader;
    if (sinceMs === undefined) {
      if (isFirst || !isOther) return false;
      // Its own page will tell since when: that is the same election.
      this.#keep(leader, { atMs: Number.NaN, untold: true });
      return true;
    }
    if (last !== undefined && Number.isNaN(last.atMs)) {
      last.atMs = sinceMs;
      return false;
    }
    if (sinceMs <= (last?.atMs ?? knownSinceMs)) {
      if (last === undefined) this.#keep(leader, { atMs: sinceMs, untold: false });
      return false;
    }
    this.#keep(leader, { atMs: sinceMs, untold: true });
    return true;
  }

  #keep(leader: string, elected: Elected): void {
    // The one that was elected longest ago gives way.
    this.#elected.delete(leader);
    this.#elected.set(leader, elected);
    if (this.#elected.size > MOST_LEADERS) this.#elected.delete(this.#elected.keys().next().value as string);
  }
}
