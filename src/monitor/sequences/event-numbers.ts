import type { EventReading } from '../../contracts/event-reading.js';
import { FIELD, type ScannedEvent, type WantField } from '../events/scanned-event.js';
import type { Partition } from '../partition/partition.js';
import { isName, wholeNumber } from '../tables/field-reading.js';
import { fieldText } from '../tables/field-text.js';
import { KeyHash } from '../tables/key-hash.js';
import { NONE } from '../tables/key-table.js';
import { SubjectToken } from '../tables/subject-token.js';
import { NumberedSources } from './numbered-sources.js';

const BY_FIELD = 1;
const BY_DOMAIN = 2;

/** Reads the number of an event and whose it is, where the configuration says which fields hold them. Flat. */
export class EventNumbers {
  readonly sources: NumberedSources;
  /** A source may write to the domains of other monitors, too: all of its events are looked at. */
  readonly areAcrossDomains: boolean;
  readonly #sequence: number;
  readonly #source: number;
  readonly #domain: SubjectToken;
  readonly #partition: Partition | undefined;
  readonly #key = new KeyHash();

  constructor(
    { fields, maxSources }: Pick<EventReading, 'fields' | 'maxSources'>,
    domainToken: number,
    maxSeries: number,
    partition: Partition | undefined,
    want: WantField,
  ) {
    this.sources = new NumberedSources(maxSources, maxSeries);
    this.areAcrossDomains = fields.source.length > 0;
    this.#sequence = want(...fields.sequence);
    this.#source = want(...fields.source);
    this.#domain = new SubjectToken(domainToken);
    this.#partition = partition;
  }

  /** Whether the field of the number holds something else than one. */
  isWrong(event: ScannedEvent): boolean {
    return event.fieldKinds[this.#sequence] !== FIELD.absent && this.#numberOf(event) < 0;
  }

  /**
   * False when its number cannot be right.
   *
   * @param timeNs when it happened, by the clock of who numbered it; NaN where that is not said
   */
  follow(event: ScannedEvent, timeNs: number): boolean {
    const sequence = this.#numberOf(event);
    if (sequence < 0) return true;
    const { buffer, subjectStart, subjectEnd, receivedNs } = event;
    const field = this.#source;
    const domain = this.#domain;
    const key = this.#key;
    if (this.areAcrossDomains) {
      if (!isName(event, field)) return true;
      const start = event.fieldStarts[field]!;
      const end = event.fieldEnds[field]!;
      if (this.#partition?.ownsSource(buffer, start, end) === false) return true;
      key.begin(BY_FIELD);
      key.bytes(buffer, start, end);
    } else {
      domain.read(buffer, subjectStart, subjectEnd);
      key.begin(BY_DOMAIN);
      key.bytes(buffer, domain.start, domain.end);
    }
    key.end();
    const { sources } = this;
    let slot = sources.find(key);
    if (slot === NONE) {
      domain.read(buffer, subjectStart, subjectEnd);
      slot = sources.add(key, fieldText(buffer, domain.start, domain.end), sequence, receivedNs);
    }
    return slot === NONE || sources.take(slot, sequence, timeNs, receivedNs);
  }

  /** −1 for none that can be followed. */
  #numberOf(event: ScannedEvent): number {
    const number = wholeNumber(event, this.#sequence);
    return number < Number.MAX_SAFE_INTEGER ? number : -1;
  }
}
