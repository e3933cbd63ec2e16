import type { LoadNotice } from '../contracts/load.js';

/** How many different notices are kept apart; a system that invents texts must not fill our memory. */
const MOST_KINDS = 200;

/** What connections met, counted by load, kind and text: shown, never swallowed, and bounded. */
export class NoticeBook {
  readonly #byKey = new Map<string, LoadNotice>();

  /** Counts the notice; true when it is the first of its kind and text for its load. */
  add(notice: LoadNotice): boolean {
    const text = this.#byKey.size < MOST_KINDS ? notice.text : 'other';
    const key = `${notice.load}\n${notice.kind}\n${text}`;
    const known = this.#byKey.get(key);
    this.#byKey.set(key, known ? { ...known, count: known.count + notice.count } : { ...notice, text });
    return known === undefined;
  }

  /** The monitor has lost its connection, once or more. */
  get monitorWasCutOff(): boolean {
    return this.all.some(({ load, kind }) => load === 'monitor' && kind === 'disconnected');
  }

  get all(): readonly LoadNotice[] {
    return [...this.#byKey.values()];
  }
}
