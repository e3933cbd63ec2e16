import { NS } from '../base/clock.js';
import type { Trouble } from '../contracts/load.js';

/** This long without trouble, by due time, ends a stretch of trouble: the load is back. */
export const QUIET_NS = 10 * NS.s;

type Stretch = { -readonly [Key in keyof Trouble]: Trouble[Key] } & { grown: boolean };

/**
 * Troubled operations gathered into stretches as they come, in whatever order. Takes one small object a stretch, so
 * memory grows with the time spent in trouble and not with the operations.
 */
export class TroubleStretches {
  /** Ascending, at least QUIET_NS apart. */
  readonly #stretches: Stretch[] = [];

  /** An operation that was due at `dueNs` turned out to be in trouble at `atNs`. */
  add(dueNs: number, atNs: number, reason: string): void {
    const stretches = this.#stretches;
    let at = stretches.length - 1;
    while (at >= 0 && stretches[at]!.firstDueNs - dueNs >= QUIET_NS) at--;
    const stretch = stretches[at];
    if (!stretch || dueNs - stretch.lastDueNs >= QUIET_NS) {
      const fresh = {
        firstDueNs: dueNs,
        lastDueNs: dueNs,
        operations: 1,
        noticedNs: atNs,
        reason,
        grown: true,
      };
      stretches.splice(at + 1, 0, fresh);
      return;
    }
    stretch.operations++;
    stretch.grown = true;
    if (dueNs > stretch.lastDueNs) stretch.lastDueNs = dueNs;
    if (dueNs < stretch.firstDueNs) {
      stretch.firstDueNs = dueNs;
      stretch.noticedNs = atNs;
      stretch.reason = reason;
      this.#joinWithPrevious(at);
    }
  }

  /** An operation between two stretches can make them one. */
  #joinWithPrevious(at: number): void {
    const previous = this.#stretches[at - 1];
    const stretch = this.#stretches[at]!;
    if (!previous || stretch.firstDueNs - previous.lastDueNs >= QUIET_NS) return;
    previous.lastDueNs = Math.max(previous.lastDueNs, stretch.lastDueNs);
    previous.operations += stretch.operations;
    previous.grown = true;
    this.#stretches.splice(at, 1);
  }

  /** The stretches that are new or have grown since the last call, ascending. */
  takeGrown(): Trouble[] {
    const grown: Trouble[] = [];
    for (const stretch of this.#stretches) {
      if (!stretch.grown) continue;
      stretch.grown = false;
      const { grown: _, ...trouble } = stretch;
      grown.push(trouble);
    }
    return grown;
  }
}

/** Stretches of several sources as one ascending list in which stretches are at least QUIET_NS apart. */
export function mergeTroubles(troubles: Iterable<Trouble>): Trouble[] {
  const merged: Trouble[] = [];
  for (const trouble of [...troubles].sort((a, b) => a.firstDueNs - b.firstDueNs)) {
    const last = merged.at(-1);
    if (!last || trouble.firstDueNs - last.lastDueNs >= QUIET_NS) {
      merged.push(trouble);
      continue;
    }
    merged[merged.length - 1] = {
      ...last,
      lastDueNs: Math.max(last.lastDueNs, trouble.lastDueNs),
      operations: last.operations + trouble.operations,
    };
  }
  return merged;
}
