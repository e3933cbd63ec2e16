import type { FaultStage } from '../../contracts/fault.js';
import type { Direction } from '../../contracts/links.js';
import { wayText } from './link-choice.js';
import { excuseOf, type LinkLook, type LinkScene } from './link-looks.js';

/**
 * The ways that were as they should be before the fault. Only on those is anything to be seen of it: the others, which
 * another fault keeps from being so, are said and held against nobody, as long as there is one left.
 */
export class SeenBefore {
  readonly #ways = new Set<string>();

  /** Judges every way that can be judged in this stage. */
  async judge(
    scene: LinkScene,
    stage: FaultStage,
    look: (way: Direction) => LinkLook,
  ): Promise<readonly LinkLook[]> {
    if (stage === 'during') {
      const ways = scene.ways.filter((way) => this.#ways.has(wayText(way)));
      if (ways.length === 0) return [NOTHING_SEEN];
      return ways.map(look);
    }
    if (stage === 'before') this.#ways.clear();
    const looks = await Promise.all(
      scene.ways.map(async (way) => {
        const seen = look(way);
        if (seen.holds) {
          if (stage === 'before') this.#ways.add(wayText(way));
          return seen;
        }
        const excuse = await excuseOf(scene, way);
        return excuse === undefined ? seen : { ...seen, saw: `${seen.saw}: ${excuse}`, holds: true };
      }),
    );
    return stage === 'before' && this.#ways.size === 0 ? [...looks, NOTHING_SEEN] : looks;
  }
}

const NOTHING_SEEN: LinkLook = {
  at: 'links',
  saw: 'none was as it should be before: nothing can be seen of the fault',
  holds: false,
};
