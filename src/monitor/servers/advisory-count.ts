import { NS, nowNs } from '../../base/clock.js';
import type { MetricFamily } from '../../contracts/metric.js';
import type { OwnEventSink } from '../../contracts/own-event.js';
import type { ToldAdvisory } from '../../nats/advisories.js';
import { family } from '../family.js';
import { OTHER } from './group-key.js';

/** Anybody may publish under the servers' subjects. */
const MOST_KINDS = 64;
/** So many are remembered, to know one that comes to two accounts. */
const REMEMBERED = 1024;
/** More are counted, and not told as events: 10,000 consumers made at once are one piece of news. */
const EVENTS_A_SECOND = 20;

/** Counts advisories, each once, and tells of them as events. */
export class AdvisoryCount {
  readonly #byKind = new Map<string, number>();
  readonly #ids = new Set<string>();
  readonly #sink: OwnEventSink;
  #secondNs = 0;
  #toldThisSecond = 0;

  constructor(sink: OwnEventSink) {
    this.#sink = sink;
  }

  /** Returns whether it is new: the same one may come to its own account and to the system's. */
  add({ kind, id, text, stream, consumer, leader }: ToldAdvisory): boolean {
    if (id !== undefined) {
      if (this.#ids.has(id)) return false;
      this.#ids.add(id);
      if (this.#ids.size > REMEMBERED) this.#ids.delete(this.#ids.values().next().value as string);
    }
    this.addKind(kind);
    if (this.#mayTell()) {
      this.#sink.publish({
        domain: 'nats',
        type: 'AdvisoryReceived',
        fields: {
          kind,
          text,
          ...(stream !== undefined && { stream }),
          ...(consumer !== undefined && { consumer }),
          ...(leader !== undefined && { leader }),
        },
      });
    }
    return true;
  }

  addKind(kind: string): void {
    const told = this.#byKind.has(kind) || this.#byKind.size < MOST_KINDS ? kind : OTHER;
    this.#byKind.set(told, (this.#byKind.get(told) ?? 0) + 1);
  }

  family(): MetricFamily {
    return family(
      'cim_nats_advisories_total',
      [...this.#byKind].map(([kind, value]) => ({ labels: { kind }, value })),
    );
  }

  #mayTell(): boolean {
    const now = nowNs();
    if (now - this.#secondNs >= NS.s) {
      this.#secondNs = now;
      this.#toldThisSecond = 0;
    }
    return this.#toldThisSecond++ < EVENTS_A_SECOND;
  }
}
