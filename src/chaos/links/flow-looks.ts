import { NS, nowNs } from '../../base/clock.js';
import { formatByteRate, formatSize } from '../../base/units.js';
import { waitFor } from '../../base/wait.js';
import type { FaultStage } from '../../contracts/fault.js';
import type { Direction } from '../../contracts/links.js';
import type { Canaries } from './canaries.js';
import { nodesAt, toItself, wayText } from './link-choice.js';
import type { LinkLook, LinkScene } from './link-looks.js';
import { readRoutes } from './route-states.js';
import { SeenBefore } from './seen-before.js';

/** So much is sent that the limit holds it up for about so long, within bounds that a link and a test bed can bear. */
const TAKES_MS = 400;
const LEAST_BYTES = 1024;
const MOST_BYTES = 4 * 1024 * 1024;
const MOST_PAYLOAD_BYTES = 64 * 1024;
const PAYLOADS = 16;
/** What is sent at once is spread over the time of a look unevenly. */
const TOLERANCE = 1.25;
/** Without the limit, data goes so many times as fast, or nothing is proven by it. */
const FASTER = 2;

/**
 * Sends a known amount of data along every way at once and measures how fast it arrives. Before and after: at twice the
 * limit or more; during: at the limit, while nodes pass it to themselves as fast as before. Where the load has filled a route already, ours waits behind it: then the node's
 * own count of bytes shows that something passes.
 */
export class FlowLooks {
  readonly #limit: number;
  readonly #amountBytes: number;
  readonly #seen = new SeenBefore();

  constructor(bytesPerSec: number) {
    this.#limit = bytesPerSec;
    const amount = (bytesPerSec * TAKES_MS) / 1000;
    this.#amountBytes = Math.round(Math.min(MOST_BYTES, Math.max(LEAST_BYTES, amount)));
  }

  async look(scene: LinkScene, stage: FaultStage): Promise<readonly LinkLook[]> {
    const { canaries, ways, context } = scene;
    const selves = [...new Set(ways.flatMap(nodesAt))].map(toItself);
    await canaries.open([...ways, ...selves]);
    const first = await readRoutes(context.cluster, ways);
    const rateOf = await this.#pass(canaries, [...ways, ...selves], context.signal);
    const last = await readRoutes(context.cluster, ways);
    return this.#seen.judge(scene, stage, (way) => {
      const at = `flow ${wayText(way)}`;
      const rate = rateOf(way);
      const ours = `${formatByteRate(rate)} of ours`;
      if (stage !== 'during') {
        const holds = rate >= FASTER * this.#limit;
        const limit = formatByteRate(this.#limit);
        return { at, saw: holds ? ours : `${ours}, too slow to be told from a limit of ${limit}`, holds };
      }
      const slow = nodesAt(way).find((name) => rateOf(toItself(name)) < FASTER * this.#limit);
      if (slow !== undefined)
        return { at, saw: `${ours}, but ${slow} is as slow without a link`, holds: false };
      if (rate > 0) return { at, saw: ours, holds: rate <= TOLERANCE * this.#limit };
      const passed = (last(way.to, way.from)?.inBytes ?? 0) - (first(way.to, way.from)?.inBytes ?? 0);
      const saw = passed > 0 ? `ours waits behind ${formatSize(passed)} of others` : 'nothing moves';
      return { at, saw, holds: passed > 0 };
    });
  }

  /** Sends the amount along every way; resolves to how fast it came, in bytes a second. */
  async #pass(
    canaries: Canaries,
    ways: readonly Direction[],
    signal: AbortSignal,
  ): Promise<(way: Direction) => number> {
    const payload = Math.min(MOST_PAYLOAD_BYTES, Math.ceil(this.#amountBytes / PAYLOADS));
    const sent = new Map<string, number[]>(ways.map((way) => [wayText(way), []]));
    const startNs = nowNs();
    for (let left = this.#amountBytes; left > 0; left -= payload) {
      for (const way of ways) {
        const number = canaries.send(way, payload);
        if (number !== undefined) sent.get(wayText(way))?.push(number);
      }
    }
    const timesOf = (way: Direction) =>
      (sent.get(wayText(way)) ?? [])
        .map((number) => canaries.tookMs(way, number))
        .filter((ms) => ms !== undefined);
    const isOver = () => ways.every((way) => timesOf(way).length === (sent.get(wayText(way))?.length ?? 0));
    const timeoutMs = (3 * this.#amountBytes * 1000) / this.#limit + 500;
    await waitFor(isOver, { timeoutMs, everyMs: 5, signal });
    const lookedSec = (nowNs() - startNs) / NS.s;
    const rates = new Map(
      ways.map((way) => {
        const times = timesOf(way);
        const bytes = times.length * payload;
        const tookSec = bytes >= this.#amountBytes ? Math.max(...times) / 1000 : lookedSec;
        return [wayText(way), bytes / tookSec] as const;
      }),
    );
    return (way) => rates.get(wayText(way)) ?? 0;
  }
}
