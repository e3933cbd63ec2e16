import { NS, nowNs } from '../../base/clock.js';
import { formatByteRate } from '../../base/units.js';
import { waitFor } from '../../base/wait.js';
import type { FaultStage } from '../../contracts/fault.js';
import type { Direction } from '../../contracts/links.js';
import { wayText } from './link-choice.js';
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

interface Flow {
  readonly bytesPerSec: number;
  readonly arrivedBytes: number;
}

/**
 * Sends a known amount of data along every way at once and measures how fast it arrives. Before and after: at twice the
 * limit or more; during: at the limit. Where the load has filled a route already, ours waits behind it: then the node's
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
    await canaries.open(ways);
    const payload = Math.min(MOST_PAYLOAD_BYTES, Math.ceil(this.#amountBytes / PAYLOADS));
    const first = await readRoutes(context.cluster, ways);
    const sent = new Map<string, number[]>();
    const startNs = nowNs();
    for (let left = this.#amountBytes; left > 0; left -= payload) {
      for (const way of ways) {
        const number = canaries.send(way, payload);
        if (number !== undefined) sent.set(wayText(way), [...(sent.get(wayText(way)) ?? []), number]);
      }
    }
    const arrived = (way: Direction) =>
      (sent.get(wayText(way)) ?? []).filter((number) => canaries.tookMs(way, number) !== undefined);
    await waitFor(() => ways.every((way) => arrived(way).length === (sent.get(wayText(way))?.length ?? 0)), {
      timeoutMs: (3 * this.#amountBytes * 1000) / this.#limit + 500,
      everyMs: 5,
      signal: context.signal,
    });
    const lookedSec = (nowNs() - startNs) / NS.s;
    const last = await readRoutes(context.cluster, ways);
    return this.#seen.judge(scene, stage, (way) => {
      const times = arrived(way).map((number) => canaries.tookMs(way, number) as number);
      const arrivedBytes = times.length * payload;
      const isWhole = arrivedBytes >= this.#amountBytes;
      const tookSec = isWhole ? Math.max(...times) / 1000 : lookedSec;
      const passed = (last(way.to, way.from)?.inBytes ?? 0) - (first(way.to, way.from)?.inBytes ?? 0);
      return this.#judge(way, stage, { bytesPerSec: arrivedBytes / tookSec, arrivedBytes }, passed);
    });
  }

  #judge(
    way: Direction,
    stage: FaultStage,
    { bytesPerSec, arrivedBytes }: Flow,
    passedBytes: number,
  ): LinkLook {
    const at = `flow ${wayText(way)}`;
    const rate = `${formatByteRate(bytesPerSec)} of ours`;
    if (stage === 'during') {
      const moves = arrivedBytes > 0 || passedBytes > 0;
      const holds = moves && bytesPerSec <= TOLERANCE * this.#limit;
      if (arrivedBytes > 0) return { at, saw: rate, holds };
      return { at, saw: moves ? `ours waits behind ${passedBytes} bytes of others` : 'nothing moves', holds };
    }
    if (bytesPerSec >= FASTER * this.#limit) return { at, saw: rate, holds: true };
    const limit = formatByteRate(this.#limit);
    return { at, saw: `${rate}, too slow to be told from a limit of ${limit}`, holds: false };
  }
}
