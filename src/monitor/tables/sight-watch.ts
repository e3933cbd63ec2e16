/** Of blind times that are longer ago, two are taken for one: only who was heard between them is judged by less. */
const MOST_SPANS = 64;

/** From when until when nothing could be seen, and how much of that time: less than all, where it is several taken for one. */
interface BlindSpan {
  readonly fromNs: number;
  readonly untilNs: number;
  readonly blindNs: number;
}

/** What time it is for those who wait for news, and since when there could have been any. */
export class SightWatch {
  /** The latest time that was told; monotonic. */
  nowNs: number;
  #sinceNs: number;
  #blindSinceNs: number | undefined;
  /** Those that are over, oldest first. */
  readonly #spans: BlindSpan[] = [];

  constructor(startNs: number) {
    this.nowNs = startNs;
    this.#sinceNs = startNs;
  }

  /** False while no event can come: nobody is silent then. */
  get isSeeing(): boolean {
    return this.#blindSinceNs === undefined;
  }

  /** Since when there was no blind time, for one that was heard last then: what it said before may not have been seen. */
  silentSinceNs(heardNs: number): number {
    return Math.max(heardNs, this.#sinceNs);
  }

  /** How long one has been silent that was heard last then: blind times do not count. */
  silenceNs(heardNs: number): number {
    const spans = this.#spans;
    const untilNs = this.#blindSinceNs === undefined ? this.nowNs : Math.min(this.nowNs, this.#blindSinceNs);
    let silentNs = untilNs - heardNs;
    for (let i = spans.length - 1; i >= 0 && spans[i]!.untilNs > heardNs; i--) {
      const { fromNs, untilNs, blindNs } = spans[i]!;
      silentNs -= heardNs <= fromNs ? blindNs : Math.min(blindNs, untilNs - heardNs);
    }
    return Math.max(0, silentNs);
  }

  onTime(nowNs: number): void {
    if (nowNs > this.nowNs) this.nowNs = nowNs;
  }

  onSight(isSeeing: boolean, atNs: number): void {
    this.onTime(atNs);
    if (isSeeing === this.isSeeing) return;
    if (!isSeeing) {
      this.#blindSinceNs = atNs;
      return;
    }
    this.#sinceNs = atNs;
    this.#spans.push({ fromNs: this.#blindSinceNs!, untilNs: atNs, blindNs: atNs - this.#blindSinceNs! });
    this.#blindSinceNs = undefined;
    if (this.#spans.length > MOST_SPANS) this.#mergeOldest();
  }

  #mergeOldest(): void {
    const [first, second] = this.#spans;
    const blindNs = first!.blindNs + second!.blindNs;
    this.#spans.splice(0, 2, { fromNs: first!.fromNs, untilNs: second!.untilNs, blindNs });
  }
}
