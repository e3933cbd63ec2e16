/** What time it is for those who wait for news, and since when there could have been any. */
export class SightWatch {
  /** The latest time that was told; monotonic. */
  nowNs: number;
  #sinceNs: number;
  #isSeeing = true;

  constructor(startNs: number) {
    this.nowNs = startNs;
    this.#sinceNs = startNs;
  }

  /** False while no event can come: nobody is silent then. */
  get isSeeing(): boolean {
    return this.#isSeeing;
  }

  /** Since when silence counts of one that was heard last then. */
  silentSinceNs(heardNs: number): number {
    return Math.max(heardNs, this.#sinceNs);
  }

  onTime(nowNs: number): void {
    if (nowNs > this.nowNs) this.nowNs = nowNs;
  }

  onSight(isSeeing: boolean, nowNs: number): void {
    this.onTime(nowNs);
    if (isSeeing && !this.#isSeeing) this.#sinceNs = nowNs;
    this.#isSeeing = isSeeing;
  }
}
