import { nowNs } from '../base/clock.js';
import type { LinkEvent } from '../contracts/cluster.js';
import type { Journal } from './journal.js';
import { NoticeBook } from './notice-book.js';

const NOBODY = -1;

/** What happened to the run's own helpers: it went on without them, or with others, and its report says so. */
export class Upkeep {
  readonly #journal: Pick<Journal, 'write'>;
  readonly #notices = new NoticeBook();

  constructor(journal: Pick<Journal, 'write'>) {
    this.#journal = journal;
  }

  get notices() {
    return this.#notices.all;
  }

  /** From here on nobody heals should the run be killed. */
  readonly onUnguarded = (detail: string): void => {
    this.#journal.write('error', { detail });
    this.#note('watchdog', detail);
  };

  readonly onLinkEvent = (event: LinkEvent): void => {
    this.#journal.write(event.what === 'broken' ? 'error' : 'links', { ...event });
    this.#note('links', `${event.what}: ${event.detail}`);
  };

  #note(load: string, text: string): void {
    this.#notices.add({ load, worker: NOBODY, kind: 'note', text, atNs: nowNs(), count: 1 });
  }
}
