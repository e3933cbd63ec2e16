import { nowNs } from '../../base/clock.js';
import type { LoadNotice } from '../../contracts/load.js';
import type { OwnEventSink } from '../../contracts/own-event.js';

/** Says whether servers can be asked through the account of the system: when that changes, as a notice and as an event. */
export class SystemAccountNews {
  readonly #onNotice: (notice: LoadNotice) => void;
  readonly #sink: OwnEventSink;
  #trouble: string | undefined;

  constructor(onNotice: (notice: LoadNotice) => void, sink: OwnEventSink) {
    this.#onNotice = onNotice;
    this.#sink = sink;
  }

  onTrouble(reason: string): void {
    if (reason === this.#trouble) return;
    this.#trouble = reason;
    this.#tell(`servers are not found through the account of the system: ${reason}`);
    this.#sink.publish({ domain: 'nats', type: 'SystemAccountRefused', fields: { reason } });
  }

  onFound(servers: number): void {
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    this.#tell('servers are found through the account of the system');
    this.#sink.publish({ domain: 'nats', type: 'SystemAccountUsable', fields: { servers } });
  }

  #tell(text: string): void {
    this.#onNotice({ load: 'monitor', worker: -1, kind: 'note', text, atNs: nowNs(), count: 1 });
  }
}
