import { nowNs } from '../base/clock.js';
import type { LoadNotice } from '../contracts/load.js';
import { kindOfServerError } from '../wire/server-error.js';

type Kind = LoadNotice['kind'];

/** Texts of a server can differ without end: beyond so many they share one entry. */
const MAX_ENTRIES = 50;
const OTHERS = 'and others';

/** What the connections of a load met, counted by kind and text until it is reported. */
export class NoticeBook {
  readonly #entries = new Map<string, { kind: Kind; text: string; atNs: number; count: number }>();

  add(kind: Kind, text: string): void {
    const key = `${kind} ${text}`;
    const known = this.#entries.get(key);
    if (known) {
      known.count++;
      return;
    }
    if (this.#entries.size >= MAX_ENTRIES && text !== OTHERS) this.add(kind, OTHERS);
    else this.#entries.set(key, { kind, text, atNs: nowNs(), count: 1 });
  }

  /** A server's -ERR, which says itself what it is about. */
  addServerError(text: string): void {
    this.add(kindOfServerError(text), text);
  }

  /** What was added since the last call. */
  take(load: string, worker: number): LoadNotice[] {
    const notices = [...this.#entries.values()].map((entry) => ({ load, worker, ...entry }));
    this.#entries.clear();
    return notices;
  }
}
