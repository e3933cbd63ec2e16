import { sleep } from '../../base/clock.js';
import { formatSize } from '../../base/units.js';
import { waitFor } from '../../base/wait.js';
import type { FaultContext, FaultStage } from '../../contracts/fault.js';
import type { Direction } from '../../contracts/links.js';
import { type Canaries, canaryText } from './canaries.js';
import { nodesAt, toItself, wayText } from './link-choice.js';
import { formatMs, type LinkLook, type LinkScene, median } from './link-looks.js';
import { readRoutes } from './route-states.js';
import { SeenBefore } from './seen-before.js';

/** What nothing holds up is there within this time, on a machine that has other things to do. */
const PATIENCE_MS = 1_000;

export interface DelayPromise {
  /** How much longer a canary takes, on the average. */
  readonly delayMs: number;
  /** How much longer than that one may take. */
  readonly spreadMs?: number;
  /** How many canaries are timed in a look, and how long after one another they set out. */
  readonly count: number;
  readonly everyMs: number;
  readonly bytes?: number;
}

/**
 * Times canaries on every way that a delay lies on. During: they take half of the promised delay longer than before, or
 * more, while nodes get their own at once; after, less than that. The fastest counts where nothing should hold them up, for a busy machine does; the one in
 * the middle where something should.
 */
export class DelayLooks {
  readonly #promise: DelayPromise;
  readonly #beforeMs = new Map<string, number>();
  readonly #seen = new SeenBefore();

  constructor(promise: DelayPromise) {
    this.#promise = promise;
  }

  async look(scene: LinkScene, stage: FaultStage): Promise<readonly LinkLook[]> {
    const { canaries, ways, context } = scene;
    const selves = [...new Set(ways.flatMap(nodesAt))].map(toItself);
    await canaries.open([...ways, ...selves]);
    const first = await readRoutes(context.cluster, ways);
    const times = await this.#time(canaries, [...ways, ...selves], context);
    const last = await readRoutes(context.cluster, ways);
    if (stage === 'before') {
      this.#beforeMs.clear();
      for (const [way, ms] of times) if (ms.length > 0) this.#beforeMs.set(way, Math.min(...ms));
    }
    const timesOf = (way: Direction) => times.get(wayText(way)) ?? [];
    return this.#seen.judge(scene, stage, (way) => {
      const passed = (last(way.to, way.from)?.inBytes ?? 0) - (first(way.to, way.from)?.inBytes ?? 0);
      const look = this.#judge(way, timesOf(way), stage, passed);
      const late = (name: string) => !(median(timesOf(toItself(name))) < this.#promise.delayMs / 2);
      const slow = stage === 'during' && nodesAt(way).find(late);
      return slow
        ? { ...look, saw: `${look.saw}; but ${slow} is as slow without a link`, holds: false }
        : look;
    });
  }

  #judge(way: Direction, times: readonly number[], stage: FaultStage, passedBytes: number): LinkLook {
    const at = canaryText(way);
    if (times.length === 0) {
      // Where the load has filled a route, ours waits behind it: longer than it was to, while something passes.
      const waits = stage === 'during' && passedBytes > 0;
      const saw = waits ? `waits behind ${formatSize(passedBytes)} of others` : 'does not come';
      return { at, saw, holds: waits };
    }
    const wasMs = this.#beforeMs.get(wayText(way)) ?? 0;
    const boundMs = wasMs + this.#promise.delayMs / 2;
    if (stage === 'during') {
      const tookMs = median(times);
      return { at, saw: `takes ${formatMs(tookMs)}; before, ${formatMs(wasMs)}`, holds: tookMs >= boundMs };
    }
    const tookMs = Math.min(...times);
    return { at, saw: `takes ${formatMs(tookMs)}`, holds: stage === 'before' || tookMs < boundMs };
  }

  /** The times of those that came, by the way. */
  async #time(
    canaries: Canaries,
    ways: readonly Direction[],
    { signal }: FaultContext,
  ): Promise<ReadonlyMap<string, readonly number[]>> {
    const { delayMs, spreadMs = 0, count, everyMs, bytes } = this.#promise;
    const sent = new Map<string, number[]>(ways.map((way) => [wayText(way), []]));
    for (let i = 0; i < count; i++) {
      if (i > 0) await sleep(everyMs, signal);
      for (const way of ways) {
        const number = canaries.send(way, bytes);
        if (number !== undefined) sent.get(wayText(way))?.push(number);
      }
    }
    const timesOf = (way: Direction) =>
      (sent.get(wayText(way)) ?? [])
        .map((number) => canaries.tookMs(way, number))
        .filter((ms) => ms !== undefined);
    const slowestMs = Math.max(0, ...this.#beforeMs.values());
    await waitFor(() => ways.every((way) => timesOf(way).length === sent.get(wayText(way))?.length), {
      timeoutMs: 2 * (delayMs + spreadMs + slowestMs) + PATIENCE_MS,
      everyMs: 5,
      signal,
    });
    return new Map(ways.map((way) => [wayText(way), timesOf(way)]));
  }
}
