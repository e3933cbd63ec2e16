import type { Direction, LinkControl } from '../../contracts/links.js';

/** Which faults lie on which links, as long as those are there. */
const held = new WeakMap<LinkControl, Map<string, readonly Direction[]>>();

/** Faults overlap: what one finds cut may be another's doing, which is then asked of whatever stands on the links. */
export function noteHeld(links: LinkControl, effectId: string, ways: readonly Direction[]): void {
  const effects = held.get(links) ?? new Map<string, readonly Direction[]>();
  held.set(links, effects.set(effectId, ways));
}

export function forgetHeld(links: LinkControl, effectId: string): void {
  held.get(links)?.delete(effectId);
}

/** Another fault's effect that lies on the way now, by its id. */
export async function heldByAnother(
  links: LinkControl,
  way: Direction,
  effectId: string,
): Promise<string | undefined> {
  for (const [other, ways] of held.get(links) ?? []) {
    if (other === effectId || !ways.some(({ from, to }) => from === way.from && to === way.to)) continue;
    if (!(await links.look(other)).isLifted) return other;
  }
  return undefined;
}
