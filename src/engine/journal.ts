import { closeSync, openSync, writeSync } from 'node:fs';
import { NS, nowNs, wallNow } from '../base/clock.js';
import type { StormglassError } from '../base/errors.js';
import { maskSecrets } from '../base/secret.js';
import { writeFailure } from '../base/write-failure.js';
import type { JournalEvent, JournalEventType } from '../contracts/journal.js';

/**
 * journal.ndjson: a line a thing that happened, written as it happens and not before it is told to anybody else, so
 * that a run that is killed leaves everything it got to. The operating system has each line when `write` returns.
 */
export class Journal {
  readonly #file: string;
  readonly #fd: number;
  readonly #listeners = new Set<(event: JournalEvent) => void>();
  #loadStartNs: number | undefined;
  #failure: StormglassError | undefined;
  #isClosed = false;

  constructor(file: string) {
    this.#file = file;
    this.#fd = openSync(file, 'a');
  }

  /** The first error that a line met (a full disk), if any: the run goes on to heal, and ends with it. */
  get failure(): StormglassError | undefined {
    return this.#failure;
  }

  /** From here on, events carry their time since the start of the load. */
  startLoad(atNs: number): void {
    this.#loadStartNs = atNs;
  }

  /** Returns what ends it. */
  listen(listener: (event: JournalEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Does nothing once the journal is closed. */
  write(type: JournalEventType, details: Readonly<Record<string, unknown>> = {}): void {
    if (this.#isClosed) return;
    const event: JournalEvent = {
      time: wallNow().toISOString(),
      ...(this.#loadStartNs === undefined
        ? {}
        : { t: Math.round((nowNs() - this.#loadStartNs) / NS.ms) / 1000 }),
      type,
      ...details,
    };
    try {
      // A fault by hand is told with its parameters, which may be secret.
      writeSync(this.#fd, `${JSON.stringify(event, maskSecrets)}\n`);
    } catch (error) {
      this.#failure ??= writeFailure(this.#file, error);
    }
    for (const listener of this.#listeners) listener(event);
  }

  close(): void {
    this.#isClosed = true;
    closeSync(this.#fd);
  }
}
