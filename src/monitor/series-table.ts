import { printable } from './printable.js';
import { MAX_LABEL_BYTES } from './tables/field-text.js';
import type { EventNames, NamedEvent } from './tables/series-names.js';
import { SubjectToken } from './tables/subject-token.js';

/** Which subject tokens, counted from 0, name the domain and the type of an event. */
export interface SeriesTokens {
  readonly domainToken: number;
  readonly typeToken: number;
}

/** The series that takes every event for which there is no room for a series of its own. */
export const OTHER = 0;

const DOT = 0x2e;
const FNV_BASIS = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;

/**
 * Finds the series of an event from the bytes of its subject: a hash table over the domain and the type token, which
 * compares the bytes on every hit, so that nothing is allocated once a pair is known. Bounded: when `maxSeries` are
 * known, further pairs go to OTHER.
 */
export class SeriesTable {
  readonly domains: string[] = [];
  readonly types: string[] = [];
  /** Index of each series' domain into `domainNames`. */
  readonly domainIndex: Int32Array;
  readonly domainNames: string[] = [];
  /** How many went to OTHER for want of room: who looks for a message of several events adds the others. */
  dropped = 0;
  /** Whether the last subject that was looked for went to OTHER for that. */
  lacksRoom = false;
  readonly #first: number;
  readonly #last: number;
  readonly #maxKeys: number;
  readonly #maxSeries: number;
  readonly #skipBytes: number;
  readonly #skipTokens: number;
  readonly #byLabels = new Map<string, number>();
  readonly #domainsByName = new Map<string, number>();
  /** Hash slots: key index + 1, 0 for an empty one; never more than a quarter full. */
  readonly #slots: Int32Array;
  readonly #mask: number;
  #keys = 0;
  readonly #keyHash: Int32Array;
  readonly #keySeries: Int32Array;
  /** Where the two tokens of a key lie in the arena: the first from start to middle, the last from there to end. */
  readonly #keyStart: Int32Array;
  readonly #keyMiddle: Int32Array;
  readonly #keyEnd: Int32Array;
  #arena = new Uint8Array(64 * 1024);
  #arenaUsed = 0;
  readonly #domainFirst: boolean;
  readonly #domainToken: SubjectToken;
  readonly #typeToken: SubjectToken;

  /** @param subscription what the events are received by: the tokens before its first wildcard are not looked at */
  constructor({ domainToken, typeToken }: SeriesTokens, subscription: string, maxSeries: number) {
    this.#domainFirst = domainToken <= typeToken;
    this.#domainToken = new SubjectToken(domainToken);
    this.#typeToken = new SubjectToken(typeToken);
    this.#first = Math.min(domainToken, typeToken);
    this.#last = Math.max(domainToken, typeToken);
    this.#maxSeries = maxSeries;
    // Different bytes may make the same label (what is no UTF-8 is replaced): a few more keys than series.
    this.#maxKeys = 2 * maxSeries;
    const literal = subscription.split('.').findIndex((token) => token === '*' || token === '>');
    this.#skipTokens = Math.min(this.#first, literal < 0 ? this.#first : literal);
    this.#skipBytes = Buffer.byteLength(
      subscription
        .split('.')
        .slice(0, this.#skipTokens)
        .map((token) => `${token}.`)
        .join(''),
    );
    const slots = 2 ** Math.ceil(Math.log2(4 * this.#maxKeys));
    this.#slots = new Int32Array(slots);
    this.#mask = slots - 1;
    this.#keyHash = new Int32Array(this.#maxKeys);
    this.#keySeries = new Int32Array(this.#maxKeys);
    this.#keyStart = new Int32Array(this.#maxKeys);
    this.#keyMiddle = new Int32Array(this.#maxKeys);
    this.#keyEnd = new Int32Array(this.#maxKeys);
    this.domainIndex = new Int32Array(maxSeries);
    this.#seriesOf('other', 'other');
  }

  /** How many series there are, OTHER among them. */
  get size(): number {
    return this.domains.length;
  }

  /** The series of the subject in [start, end) of the buffer. The hot path. */
  find(buffer: Uint8Array, start: number, end: number): number {
    this.lacksRoom = false;
    const first = this.#first;
    const last = this.#last;
    let token = this.#skipTokens;
    let at = start + this.#skipBytes;
    let hash = FNV_BASIS;
    let firstStart = end;
    let firstEnd = end;
    let lastStart = end;
    let lastEnd = end;
    for (let tokenStart = at; tokenStart <= end && token <= last; tokenStart = at + 1, token++) {
      const counts = token === first || token === last;
      const cut = tokenStart + MAX_LABEL_BYTES;
      for (at = tokenStart; at < end; at++) {
        const byte = buffer[at]!;
        if (byte === DOT) break;
        if (counts && at < cut) hash = Math.imul(hash ^ byte, FNV_PRIME);
      }
      if (!counts) continue;
      hash = Math.imul(hash ^ DOT, FNV_PRIME);
      if (token === first) {
        firstStart = tokenStart;
        firstEnd = Math.min(at, cut);
      }
      if (token === last) {
        lastStart = tokenStart;
        lastEnd = Math.min(at, cut);
      }
    }
    hash ^= hash >>> 15;
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const key = this.#slots[slot]! - 1;
      if (key < 0) return this.#add(buffer, slot, hash, firstStart, firstEnd, lastStart, lastEnd);
      if (this.#keyHash[key] === hash && this.#holds(key, buffer, firstStart, firstEnd, lastStart, lastEnd)) {
        return this.#keySeries[key]!;
      }
    }
  }

  /** What an event is called; one of OTHER by its subject, which allocates. */
  namesOf({ series, buffer, subjectStart, subjectEnd }: NamedEvent): EventNames {
    if (series !== OTHER) return { domain: this.domains[series]!, type: this.types[series]! };
    const bytes = Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    const labelOf = (token: SubjectToken): string => {
      token.read(buffer, subjectStart, subjectEnd);
      const end = Math.min(token.end, token.start + MAX_LABEL_BYTES);
      return printable(bytes.toString('utf8', token.start, end));
    };
    return { domain: labelOf(this.#domainToken), type: labelOf(this.#typeToken) };
  }

  /** The domain of an event; of one of OTHER by its subject, which allocates. */
  domainOf(event: NamedEvent): string {
    if (event.series === OTHER) return this.namesOf(event).domain;
    return this.domainNames[this.domainIndex[event.series]!]!;
  }

  #holds(key: number, buffer: Uint8Array, a: number, aEnd: number, b: number, bEnd: number): boolean {
    const middle = this.#keyMiddle[key]!;
    let at = this.#keyStart[key]!;
    if (middle - at !== aEnd - a || this.#keyEnd[key]! - middle !== bEnd - b) return false;
    const arena = this.#arena;
    for (let i = a; i < aEnd; i++) if (arena[at++] !== buffer[i]) return false;
    for (let i = b; i < bEnd; i++) if (arena[at++] !== buffer[i]) return false;
    return true;
  }

  #add(
    buffer: Uint8Array,
    slot: number,
    hash: number,
    a: number,
    aEnd: number,
    b: number,
    bEnd: number,
  ): number {
    if (this.size === this.#maxSeries || this.#keys === this.#maxKeys) {
      this.dropped++;
      this.lacksRoom = true;
      return OTHER;
    }
    const bytes = Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    const firstLabel = printable(bytes.toString('utf8', a, aEnd));
    const lastLabel = printable(bytes.toString('utf8', b, bEnd));
    const series = this.#domainFirst
      ? this.#seriesOf(firstLabel, lastLabel)
      : this.#seriesOf(lastLabel, firstLabel);
    const key = this.#keys++;
    this.#keyHash[key] = hash;
    this.#keySeries[key] = series;
    this.#keyStart[key] = this.#arenaUsed;
    this.#keep(buffer.subarray(a, aEnd));
    this.#keyMiddle[key] = this.#arenaUsed;
    this.#keep(buffer.subarray(b, bEnd));
    this.#keyEnd[key] = this.#arenaUsed;
    this.#slots[slot] = key + 1;
    return series;
  }

  #keep(bytes: Uint8Array): void {
    if (this.#arenaUsed + bytes.length > this.#arena.length) {
      const larger = new Uint8Array(2 * this.#arena.length);
      larger.set(this.#arena);
      this.#arena = larger;
    }
    this.#arena.set(bytes, this.#arenaUsed);
    this.#arenaUsed += bytes.length;
  }

  /** The series with these labels, made when it is not there yet. */
  #seriesOf(domain: string, type: string): number {
    const labels = `${domain}\0${type}`;
    const known = this.#byLabels.get(labels);
    if (known !== undefined) return known;
    const series = this.size;
    this.domains.push(domain);
    this.types.push(type);
    let domainIndex = this.#domainsByName.get(domain);
    if (domainIndex === undefined) {
      domainIndex = this.domainNames.length;
      this.domainNames.push(domain);
      this.#domainsByName.set(domain, domainIndex);
    }
    this.domainIndex[series] = domainIndex;
    this.#byLabels.set(labels, series);
    return series;
  }
}
