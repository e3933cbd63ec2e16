import { NS, nowNs } from '../../base/clock.js';
import { waitFor } from '../../base/wait.js';
import type { FaultStage } from '../../contracts/fault.js';
import type { Direction } from '../../contracts/links.js';
import type { Canaries } from './canaries.js';
import { clientNodeOf, wayText } from './link-choice.js';
import type { LinkLook, LinkScene } from './link-looks.js';
import { readRoutes } from './route-states.js';
import { SeenBefore } from './seen-before.js';

/** A server notices that a connection has ended at once, and says so when it is asked. */
const ENDS_WITHIN_MS = 1_000;
const EVERY_MS = 100;
const PAYLOAD_BYTES = 16 * 1024;

/** What there is on a way: the routes that the receiving node has, by their ids; or how many connections of ours ended. */
interface Connections {
  readonly routeIds?: readonly number[] | undefined;
  readonly ends?: number | undefined;
}

/**
 * Looks whether the connections that were there before the fault end while it holds: the routes of the receiving node,
 * by the ids that it gives them, and clients of ours. So many bytes are sent along each way in every look, for faults
 * that wait for them; before and after, connections outlive them.
 */
export class EndedLooks {
  readonly #pushBytes: number;
  readonly #before = new Map<string, Connections>();
  readonly #seen = new SeenBefore();

  constructor(pushBytes = 0) {
    this.#pushBytes = pushBytes;
  }

  async look(scene: LinkScene, stage: FaultStage): Promise<readonly LinkLook[]> {
    const { canaries, ways, context } = scene;
    await canaries.open(ways);
    const first = await this.#connections(scene);
    if (stage === 'before') for (const way of ways) this.#before.set(wayText(way), first(way));
    for (const way of ways) push(canaries, way, this.#pushBytes);

    const hasEnded = (way: Direction, now: Connections) => {
      const was = this.#before.get(wayText(way));
      const routes = was?.routeIds?.every((id) => !now.routeIds?.includes(id)) ?? false;
      return was?.routeIds === undefined ? (now.ends ?? 0) > (was?.ends ?? 0) : routes;
    };
    const startNs = nowNs();
    let last = first;
    await waitFor(
      async () => {
        last = await this.#connections(scene);
        // What is to stay is given a moment in which it might end.
        if (stage !== 'during') return nowNs() - startNs > 3 * EVERY_MS * NS.ms;
        return ways.every((way) => hasEnded(way, last(way)));
      },
      { timeoutMs: ENDS_WITHIN_MS, everyMs: EVERY_MS, signal: context.signal },
    );
    return this.#seen.judge(scene, stage, (way) =>
      this.#judge(way, first(way), last(way), stage, hasEnded(way, last(way))),
    );
  }

  #judge(
    way: Direction,
    first: Connections,
    last: Connections,
    stage: FaultStage,
    hasEnded: boolean,
  ): LinkLook {
    if (clientNodeOf(way) === undefined) {
      const at = `${way.to} /routez, route to ${way.from}`;
      const ids = (last.routeIds ?? []).join(', ');
      const there = ids === '' ? 'there is none' : `its id is ${ids}`;
      const was = this.#before.get(wayText(way))?.routeIds?.join(', ') || 'none';
      if (stage === 'during') return { at, saw: `${there}; before, ${was}`, holds: hasEnded };
      const stays = ids !== '' && ids === (first.routeIds ?? []).join(', ');
      return { at, saw: stays ? `${there}, and stays` : `${there}; a moment ago, another`, holds: stays };
    }
    const at = `our connection on ${wayText(way)}`;
    if (stage === 'during') return { at, saw: hasEnded ? 'has ended' : 'stays', holds: hasEnded };
    const stays = first.ends === last.ends && last.ends !== undefined;
    return { at, saw: stays ? 'stays' : 'ends', holds: stays };
  }

  async #connections({ canaries, ways, context }: LinkScene): Promise<(way: Direction) => Connections> {
    const routes = await readRoutes(
      context.cluster,
      ways.filter((way) => clientNodeOf(way) === undefined),
    );
    return (way) =>
      clientNodeOf(way) === undefined
        ? { routeIds: routes(way.to, way.from)?.ids }
        : { ends: throughLink(canaries, way)?.ends.length };
  }
}

/** The post whose connection goes through the link between clients and a node. */
function throughLink(canaries: Canaries, way: Direction) {
  return clientNodeOf(way) === way.to ? canaries.sender(way) : canaries.receiver(way);
}

function push(canaries: Canaries, way: Direction, bytes: number): void {
  for (let left = bytes; left > 0; left -= PAYLOAD_BYTES) canaries.send(way, Math.min(left, PAYLOAD_BYTES));
}
