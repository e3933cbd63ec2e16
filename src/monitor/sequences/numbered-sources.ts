import { nowNs } from '../../base/clock.js';
import { NS } from '../../base/nanoseconds.js';
import { DUPLICATE, REFUSED, SequenceWindow, USUAL_GAP } from '../../metrics/sequence-window.js';
import { Figures } from '../tables/figures.js';
import type { KeyHash } from '../tables/key-hash.js';
import { KeyTable, NONE } from '../tables/key-table.js';
import { LabelTable } from '../tables/label-table.js';

/** Who has said nothing for so long gives way where there is no room for others. */
const QUIET_NS = 10 * NS.min;
/** Of several that could give way, so many are looked at. */
const SAMPLE = 16;
/** Domains that are told apart; sources of the others belong to `other`. */
const MOST_DOMAINS = 1000;

/** What is known of the numbers of the sources that belong to one domain. */
export interface SourceFigures {
  readonly domain: string;
  readonly received: number;
  readonly duplicates: number;
  /** Never falls: an event counts when it has been missing for a tick at least, and goes on to when it comes late. */
  readonly lost: number;
  /** Received after they had been counted as lost. */
  readonly late: number;
  /** Numbered before the first that was received of their source. */
  readonly unseen: number;
}

interface Source {
  readonly window: SequenceWindow;
  /** That of its first event, whichever others it writes to. */
  readonly domain: number;
  heardNs: number;
}

/**
 * Follows the numbers that others give their events, source by source: what is missing, late, or comes again. So many at a
 * time; events of the rest are counted as not followed.
 */
export class NumberedSources {
  /** Events of sources for which there was no room. */
  dropped = 0;
  readonly #keys: KeyTable;
  readonly #sources: (Source | undefined)[] = [];
  readonly #domains: LabelTable;
  readonly #received = new Figures();
  readonly #duplicates = new Figures();
  #lost = new Figures();
  #late = new Figures();
  #unseen = new Figures();
  /** Of those that gave way. */
  readonly #lostBefore = new Figures();
  readonly #lateBefore = new Figures();
  readonly #unseenBefore = new Figures();
  /** Where the next look for room begins. */
  #hand = 0;
  #tickedNs = nowNs();

  /** @param maxSeries of the monitor: no more domains are told apart than there could be */
  constructor(most: number, maxSeries: number) {
    this.#keys = new KeyTable(most);
    this.#domains = new LabelTable(Math.min(MOST_DOMAINS, maxSeries));
  }

  /** The slot of a source; NONE for one that is not followed. The hot path. */
  find(key: KeyHash): number {
    return this.#keys.find(key);
  }

  /** Begins to follow a source with the number that it gave first; NONE where there is no room. */
  add(key: KeyHash, domain: string, sequence: number, nowNs: number): number {
    if (this.#keys.size === this.#keys.most && !this.#makeRoom(nowNs)) {
      this.dropped++;
      return NONE;
    }
    const slot = this.#keys.add(key);
    const window = new SequenceWindow(sequence, { isForeign: true, usualGap: USUAL_GAP });
    this.#sources[slot] = { window, domain: this.#domains.indexOfText(domain), heardNs: nowNs };
    return slot;
  }

  /**
   * False, and nothing is counted, when its number cannot be right.
   *
   * @param timeNs when it happened, by the clock of its source; NaN where that is not said
   */
  take(slot: number, sequence: number, timeNs: number, nowNs: number): boolean {
    const source = this.#sources[slot] as Source;
    source.heardNs = nowNs;
    const what = source.window.take(sequence, timeNs);
    if (what === REFUSED) return false;
    (what === DUPLICATE ? this.#duplicates : this.#received).add(source.domain, 1);
    return true;
  }

  /** About once a second: what has been missing since the last time is lost. */
  tick(): void {
    const [lost, late, unseen] = [new Figures(), new Figures(), new Figures()];
    const now = nowNs();
    for (const source of this.#sources) {
      if (source === undefined) continue;
      const { window, domain } = source;
      lost.add(domain, window.settle(now - this.#tickedNs));
      late.add(domain, window.late);
      unseen.add(domain, window.unseen);
    }
    for (const domain of this.#domains.names.keys()) {
      lost.add(domain, this.#lostBefore.of(domain));
      late.add(domain, this.#lateBefore.of(domain));
      unseen.add(domain, this.#unseenBefore.of(domain));
    }
    this.#tickedNs = now;
    this.#lost = lost;
    this.#late = late;
    this.#unseen = unseen;
  }

  /** By domain, of those that a source belongs to, or did. */
  figures(): SourceFigures[] {
    return this.#domains.names.flatMap((domain, row) => {
      const [received, duplicates] = [this.#received.of(row), this.#duplicates.of(row)];
      if (received + duplicates === 0) return [];
      const [lost, late, unseen] = [this.#lost.of(row), this.#late.of(row), this.#unseen.of(row)];
      return [{ domain, received, duplicates, lost, late, unseen }];
    });
  }

  /** Of a few, the one that was quiet for longest goes, if that was long. */
  #makeRoom(nowNs: number): boolean {
    let quietest = NONE;
    for (let i = 0; i < SAMPLE; i++) {
      const slot = this.#hand;
      this.#hand = (slot + 1) % this.#sources.length;
      if (quietest === NONE || this.#sources[slot]!.heardNs < this.#sources[quietest]!.heardNs)
        quietest = slot;
    }
    const { window, domain, heardNs } = this.#sources[quietest] as Source;
    if (nowNs - heardNs < QUIET_NS) return false;
    // What is missing of it stays missing.
    window.settle(0);
    this.#lostBefore.add(domain, window.settle(0));
    this.#lateBefore.add(domain, window.late);
    this.#unseenBefore.add(domain, window.unseen);
    this.#sources[quietest] = undefined;
    this.#keys.remove(quietest);
    return true;
  }
}
