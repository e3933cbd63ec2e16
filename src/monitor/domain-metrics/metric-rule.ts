import { FIELD, type ScannedEvent, type WantField } from '../events/scanned-event.js';
import { wordPattern } from '../tables/event-pattern.js';
import type { DeclaredMetric, MetricFrom } from './metrics-schema.js';

/** What an event is worth to a metric, where it is worth nothing. */
export const NO_VALUE = Number.NaN;

interface Condition {
  readonly field: number;
  readonly bytes: Uint8Array;
}

/** One of the kinds of event that a metric is made of. */
export class MetricRule {
  readonly removes: boolean;
  readonly #isDomain: (domain: string) => boolean;
  readonly #isType: (type: string) => boolean;
  readonly #conditions: readonly Condition[];
  /** −1 where the value does not come from a field. */
  readonly #field: number;
  readonly #value: number;
  readonly #scale: number;

  constructor(metric: DeclaredMetric, from: MetricFrom, want: WantField) {
    this.removes = from.removes;
    this.#isDomain = wordPattern(from.domain);
    this.#isType = wordPattern(from.type);
    this.#conditions = Object.entries(from.where).map(([name, reads]) => ({
      field: want(name),
      bytes: Buffer.from(String(reads)),
    }));
    const name = from.value === undefined ? (from.field ?? metric.field) : undefined;
    this.#field = name === undefined ? -1 : want(name);
    this.#value = from.value ?? 1;
    this.#scale = from.scale ?? metric.scale;
  }

  /** Whether it can be about an event of which nothing but its subject is known. */
  get needsNoField(): boolean {
    return this.#field < 0 && this.#conditions.length === 0;
  }

  /** Whether it is about events of this domain and type. */
  isAbout(domain: string, type: string): boolean {
    return this.#isDomain(domain) && this.#isType(type);
  }

  /** Whether the fields of such an event read as they should. Flat. */
  holds({ buffer, fieldKinds, fieldStarts, fieldEnds }: ScannedEvent): boolean {
    for (const { field, bytes } of this.#conditions) {
      const start = fieldStarts[field]!;
      const isThere = fieldKinds[field] !== FIELD.absent && fieldKinds[field] !== FIELD.other;
      if (!isThere || fieldEnds[field]! - start !== bytes.length) return false;
      for (let i = 0; i < bytes.length; i++) if (buffer[start + i] !== bytes[i]) return false;
    }
    return true;
  }

  /** Whether the field of the value holds something that is no number, or none that a double can hold. */
  isWrong({ fieldKinds, fieldNumbers }: ScannedEvent): boolean {
    if (this.#field < 0) return false;
    const kind = fieldKinds[this.#field];
    if (kind === FIELD.absent) return false;
    if (kind !== FIELD.number && kind !== FIELD.boolean) return true;
    return !Number.isFinite(fieldNumbers[this.#field]! * this.#scale);
  }

  /** The value, scaled; NO_VALUE where the event does not have the field. Of one that is not wrong. */
  worthOf({ fieldKinds, fieldNumbers }: ScannedEvent): number {
    if (this.#field < 0) return this.#value;
    return fieldKinds[this.#field] === FIELD.absent ? NO_VALUE : fieldNumbers[this.#field]! * this.#scale;
  }
}
