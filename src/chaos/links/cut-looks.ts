import type { FaultStage } from '../../contracts/fault.js';
import type { Direction } from '../../contracts/links.js';
import { canaryText } from './canaries.js';
import { type FlightTimes, fly } from './fly.js';
import { clientNodeOf, clientWays, nodesAt, toItself, waysBetween, wayText } from './link-choice.js';
import { excuseOf, formatMs, type LinkLook, type LinkScene } from './link-looks.js';
import { lookAtStandstill, readRoutes } from './route-states.js';

/** What nothing holds up is there within this time, on a machine that has other things to do. */
const CROSSES_WITHIN_MS = 1_000;
/** A canary that has not come after this time, and after five times what the slowest took before, does not come. */
const LOST_AFTER_MS = 250;

/** What was seen before the fault, without which the rest proves nothing. */
interface Crossing {
  readonly tookMs: number;
  /** How often the receiving post had been connected: what subscribes after the cut is not known beyond it. */
  readonly connects: number;
}

/**
 * Looks whether canaries cross. Before: all do. During: none does on a way that is cut, while the others do, and every
 * node gets its own; messages that nodes count of each other stand still. After: all cross again that did before. What
 * does not cross through another fault's doing is said, and held against nobody.
 */
export class CutLooks {
  readonly #before = new Map<string, Crossing>();
  /** The number of the first canary that was sent after the fault. */
  #firstAfter: number | undefined;

  async look(scene: LinkScene, stage: FaultStage): Promise<readonly LinkLook[]> {
    await scene.canaries.open([...scene.ways, ...othersOf(scene)]);
    if (stage === 'before') return this.#lookBefore(scene);
    return stage === 'during' ? this.#lookDuring(scene) : this.#lookAfter(scene);
  }

  async #lookBefore(scene: LinkScene): Promise<LinkLook[]> {
    const { canaries, ways, context } = scene;
    const all = [...ways, ...othersOf(scene)];
    const { signal } = context;
    const times = await fly(canaries, { awaited: all, atMostMs: CROSSES_WITHIN_MS, signal });
    this.#before.clear();
    for (const way of all) {
      const tookMs = times(way);
      const connects = canaries.receiver(way)?.connects ?? 0;
      if (tookMs !== undefined) this.#before.set(wayText(way), { tookMs, connects });
    }
    const looks = await Promise.all(ways.map((way) => crossingLook(scene, way, times(way))));
    if (ways.some((way) => this.#before.has(wayText(way)))) return looks;
    // Where nothing crosses, whoever's doing that is, it cannot be seen that nothing crosses any more.
    return looks.map((look) => ({ ...look, holds: false }));
  }

  async #lookDuring(scene: LinkScene): Promise<LinkLook[]> {
    const { canaries, context, effect } = scene;
    const crossed = (way: Direction) => this.#before.has(wayText(way));
    const cut = scene.ways.filter(crossed);
    const others = othersOf(scene).filter(crossed);
    const selves = context.cluster.nodes.map(({ name }) => toItself(name));
    const slowestMs = Math.max(0, ...[...this.#before.values()].map(({ tookMs }) => tookMs));

    const routesAtStart = await readRoutes(context.cluster, cut);
    const times = await fly(canaries, {
      awaited: [...others, ...selves],
      others: cut,
      atLeastMs: Math.min(Math.max(LOST_AFTER_MS, 5 * slowestMs), 2 * CROSSES_WITHIN_MS),
      atMostMs: 2 * CROSSES_WITHIN_MS,
      signal: context.signal,
    });
    const routesAtEnd = await readRoutes(context.cluster, cut);

    const looks = await Promise.all(cut.map((way) => this.#cutLook(scene, way, times)));
    const isRejected = effect.kind === 'cut' && effect.how === 'reject';
    const standstills = cut.flatMap((way) =>
      clientNodeOf(way) === undefined ? lookAtStandstill(way, routesAtStart, routesAtEnd, isRejected) : [],
    );
    const proof: LinkLook[] = looks.some(({ saw }) => saw === LOST)
      ? []
      : [{ at: 'canaries', saw: 'none is lost on a way that it came along before', holds: false }];
    const loose = await Promise.all(
      others.filter((way) => times(way) === undefined).map((way) => crossingLook(scene, way, undefined)),
    );
    const free: LinkLook[] =
      others.length === 0
        ? []
        : [
            {
              at: 'canaries on ways that are not cut',
              saw: `${others.length - loose.length} of ${others.length} cross`,
              holds: true,
            },
          ];
    return [...looks, ...standstills, ...proof, ...free, ...loose];
  }

  async #cutLook(scene: LinkScene, way: Direction, times: FlightTimes): Promise<LinkLook> {
    const at = canaryText(way);
    const tookMs = times(way);
    if (tookMs !== undefined) return { at, saw: `crosses in ${formatMs(tookMs)}`, holds: false };
    const silent = nodesAt(way).find((name) => times(toItself(name)) === undefined);
    if (silent !== undefined) {
      const excuse = await excuseOf(scene, way);
      const saw = `does not cross, nor does ${silent} get its own`;
      return excuse === undefined ? { at, saw, holds: false } : { at, saw: `${saw}: ${excuse}`, holds: true };
    }
    const connects = scene.canaries.receiver(way)?.connects;
    if (clientNodeOf(way) === undefined && connects !== this.#before.get(wayText(way))?.connects) {
      return { at, saw: 'does not cross, but was not waited for since the look before', holds: false };
    }
    return { at, saw: LOST, holds: true };
  }

  async #lookAfter(scene: LinkScene): Promise<LinkLook[]> {
    const { canaries, context } = scene;
    const all = [...scene.ways, ...othersOf(scene)];
    const wanted = all.filter((way) => this.#before.size === 0 || this.#before.has(wayText(way)));
    this.#firstAfter ??= canaries.nextNumber;
    const first = this.#firstAfter;
    const { signal } = context;
    const times = await fly(canaries, { awaited: wanted, atMostMs: CROSSES_WITHIN_MS, signal });
    return Promise.all(
      wanted.map((way) =>
        // One of an earlier look may come late, when something else makes the link slow.
        crossingLook(scene, way, times(way) ?? canaries.slowestMs(way, first)),
      ),
    );
  }
}

const LOST = 'does not cross';

async function crossingLook(scene: LinkScene, way: Direction, tookMs: number | undefined): Promise<LinkLook> {
  const at = canaryText(way);
  if (tookMs !== undefined) return { at, saw: `crosses in ${formatMs(tookMs)}`, holds: true };
  const excuse = await excuseOf(scene, way);
  if (excuse !== undefined) return { at, saw: `does not cross: ${excuse}`, holds: true };
  const { canaries } = scene;
  const problem = [canaries.sender(way), canaries.receiver(way)].find((post) => !post?.connected)?.problem;
  return { at, saw: problem === undefined ? LOST : `does not cross: ${problem}`, holds: false };
}

/** The ways of the same sort that are not cut: to tell a cut from a system that does not work. */
function othersOf({ ways, context }: LinkScene): Direction[] {
  const nodes = context.cluster.nodes.map(({ name }) => name);
  const cut = new Set(ways.map(wayText));
  const all = [
    ...(ways.some((way) => clientNodeOf(way) === undefined) ? waysBetween(nodes) : []),
    ...(ways.some((way) => clientNodeOf(way) !== undefined) ? nodes.flatMap(clientWays) : []),
  ];
  return all.filter((way) => !cut.has(wayText(way)));
}
