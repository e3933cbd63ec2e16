import { FIELD, type ScannedEvent, type WantField } from '../events/scanned-event.js';
import { OTHER } from '../series-table.js';
import { fieldText, MAX_LABEL_BYTES } from '../tables/field-text.js';
import type { KeyHash } from '../tables/key-hash.js';
import { SeriesColumn, type SeriesNames } from '../tables/series-names.js';
import { DOMAIN_FIELD, TYPE_FIELD } from './metrics-schema.js';

const DOMAIN = -1;
const TYPE = -2;

/** The labels of a metric that come from events. */
export class LabelColumns {
  readonly names: readonly string[];
  readonly #fields: Int32Array;
  readonly #series: SeriesNames;
  /** A number for each type, whichever its domain. */
  readonly #typeOf: SeriesColumn;

  constructor(labels: Readonly<Record<string, string>>, want: WantField, series: SeriesNames) {
    this.names = Object.keys(labels);
    this.#fields = Int32Array.from(Object.values(labels), (field) =>
      field === DOMAIN_FIELD ? DOMAIN : field === TYPE_FIELD ? TYPE : want(field),
    );
    this.#series = series;
    const types = new Map<string, number>();
    this.#typeOf = new SeriesColumn(series, (_, type) => {
      const number = types.get(type) ?? types.size;
      types.set(type, number);
      return number;
    });
  }

  /** Makes the key of an event's labels. The hot path. */
  setKey(key: KeyHash, event: ScannedEvent): void {
    const { buffer, domain, fieldKinds, fieldStarts, fieldEnds } = event;
    // Where there is no series, no number stands for its names.
    const isOther = event.series === OTHER;
    key.begin(isOther ? 1 : 0);
    if (isOther) key.bytes(buffer, event.subjectStart, event.subjectEnd);
    const fields = this.#fields;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i]!;
      if (field === DOMAIN) {
        if (!isOther) key.number(domain);
      } else if (field === TYPE) {
        if (!isOther) key.number(this.#typeOf.of(event));
      } else if (fieldKinds[field] === FIELD.absent || fieldKinds[field] === FIELD.other) {
        key.number(0);
      } else {
        const start = fieldStarts[field]!;
        key.bytes(buffer, start, Math.min(fieldEnds[field]!, start + MAX_LABEL_BYTES));
      }
    }
    key.end();
  }

  /** The labels of an event as they are shown; what it lacks is empty. */
  read(event: ScannedEvent): Record<string, string> {
    const { buffer, fieldKinds, fieldStarts, fieldEnds } = event;
    const labels: Record<string, string> = {};
    const names = this.#series.namesOf(event);
    for (const [i, name] of this.names.entries()) {
      const field = this.#fields[i]!;
      if (field === DOMAIN) labels[name] = names.domain;
      else if (field === TYPE) labels[name] = names.type;
      else if (fieldKinds[field] === FIELD.absent || fieldKinds[field] === FIELD.other) labels[name] = '';
      else labels[name] = fieldText(buffer, fieldStarts[field]!, fieldEnds[field]!);
    }
    return labels;
  }
}
