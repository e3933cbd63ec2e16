import type { LoadNotice } from '../contracts/load.js';

/** How many different notices are kept apart; a system that invents texts must not fill our memory. */
const MOST_KINDS = 200;

/** What connections met, counted by load, worker, kind and text: shown, never swallowed, and bounded. */
export class NoticeBook {
  readonly #byKey = new Map<string, LoadNotice>();
  readonly #seen = new Set<string>();

  /** Counts the notice; true when it is the first of its kind and text for its load. */
  add(notice: LoadNotice): boolean {
    const isKnown = this.#byKey.has(keyOf(notice));
    const kept = isKnown || this.#byKey.size < MOST_KINDS ? notice : { ...notice, text: 'other' };
    const key = keyOf(kept);
    const known = this.#byKey.get(key);
    this.#byKey.set(key, known ? { ...known, count: known.count + notice.count } : kept);
    const ofLoad = `${kept.load}\n${kept.kind}\n${kept.text}`;
    if (this.#seen.has(ofLoad)) return false;
    this.#seen.add(ofLoad);
    return true;
  }

  get all(): readonly LoadNotice[] {
    return [...this.#byKey.values()];
  }
}

/** A connection of this load, or of the `monitor`, was lost, once or more. */
export const wasCutOff = (notices: readonly LoadNotice[], name: string): boolean =>
  notices.some(({ load, kind }) => load === name && kind === 'disconnected');

const keyOf = ({ load, worker, kind, text }: LoadNotice): string => `${load}\n${worker}\n${kind}\n${text}`;
