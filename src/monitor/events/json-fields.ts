import { FieldTree } from './field-tree.js';
import { decodeInPlace, firstEscape } from './json-escapes.js';
import { endOfJsonNumber, endOfJsonString, SEEN, skipSpace, valueOfJsonNumber } from './json-tokens.js';
import { FIELD, type WantField } from './scanned-event.js';

/** What came of a scan. */
export const SCAN = { ok: 0, malformed: 1, tooDeep: 2 } as const;

/** Deeper JSON is not read unless told: what means something stands further up. */
export const MAX_DEPTH = 64;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const NONE = -1;

/**
 * Walks over the bytes of a JSON object once and notes where the wanted fields stand. Flat: nothing is allocated, but for a
 * key that is written with escapes. It refuses what JSON.parse refuses, once the bytes are decoded as UTF-8.
 */
export class JsonFields {
  /** By the number of a field; see ScannedEvent. */
  kinds = new Uint8Array(0);
  starts = new Int32Array(0);
  ends = new Int32Array(0);
  numbers = new Float64Array(0);
  /** Where the object that was scanned last ends. */
  end = 0;
  readonly #tree = new FieldTree();
  /** Which of the names that a field may have was found: the first that is named goes before the others. */
  #ranks = new Uint8Array(0);
  readonly #maxDepth: number;
  /** Of each container that is open: what it is, where it began, the tree's node that its keys are looked up in, its own entry. */
  readonly #isObject: Uint8Array;
  readonly #startedAt: Int32Array;
  readonly #nodes: Int32Array;
  readonly #entries: Int32Array;

  constructor(maxDepth = MAX_DEPTH) {
    this.#maxDepth = maxDepth;
    this.#isObject = new Uint8Array(maxDepth);
    this.#startedAt = new Int32Array(maxDepth);
    this.#nodes = new Int32Array(maxDepth);
    this.#entries = new Int32Array(maxDepth);
  }

  readonly want: WantField = (...names) => {
    const field = this.#tree.add(names);
    this.kinds = new Uint8Array(field + 1);
    this.starts = new Int32Array(field + 1);
    this.ends = new Int32Array(field + 1);
    this.numbers = new Float64Array(field + 1);
    this.#ranks = new Uint8Array(field + 1);
    return field;
  };

  /**
   * Whether an object that is made of the text may have a wanted field: a name stands in it, or a key of it is not known
   * as it stands there.
   */
  mayHaveAny(template: string): boolean {
    const isLiteral = !template.includes('\\') && !/\}\}[^"{}]*"\s*:/.test(template);
    return !isLiteral || this.#tree.keys.some((key) => template.includes(key));
  }

  /** How many fields are wanted. */
  get count(): number {
    return this.kinds.length;
  }

  /** No field of the last object is known any more. */
  clear(): void {
    for (let field = 0; field < this.kinds.length; field++) this.kinds[field] = FIELD.absent;
  }

  /**
   * Scans the object, or the array, whose bracket stands at `start`; what follows it is the caller's. Nothing is found in an
   * array, nor unless it returns SCAN.ok. What texts that are found say is written over them, where they have escapes: to
   * scan them again would be to read something else. `data` is the memory under `buffer`, whose byte i is its byte `dataStart` + i.
   */
  scan(buffer: Uint8Array, data: DataView, dataStart: number, start: number, end: number): number {
    this.clear();
    const { escapes } = SEEN;
    const result = this.#walk(buffer, data, dataStart, start, end);
    if (result !== SCAN.ok) this.clear();
    else if (SEEN.escapes !== escapes) this.#decodeTexts(buffer);
    return result;
  }

  /** Each once: two fields may be of one name. */
  #decodeTexts(buffer: Uint8Array): void {
    const { kinds, starts, ends } = this;
    for (let field = 0; field < kinds.length; field++) {
      const start = starts[field]!;
      if (kinds[field] !== FIELD.text || this.#isDecoded(field)) continue;
      if (firstEscape(buffer, start, ends[field]!) === ends[field]) continue;
      const end = decodeInPlace(buffer, start, ends[field]!);
      for (let same = field; same < kinds.length; same++)
        if (kinds[same] === FIELD.text && starts[same] === start) ends[same] = end;
    }
  }

  #isDecoded(field: number): boolean {
    const { kinds, starts } = this;
    for (let before = 0; before < field; before++)
      if (kinds[before] === FIELD.text && starts[before] === starts[field]) return true;
    return false;
  }

  /** Goes behind the value that begins at `start`, of which it is known that it is JSON and not too deep. */
  skip(buffer: Uint8Array, data: DataView, dataStart: number, start: number, end: number): void {
    const first = buffer[start];
    if (first === OPEN_OBJECT || first === OPEN_ARRAY) this.#walk(buffer, data, dataStart, start, end);
    else if (first === QUOTE) this.end = endOfJsonString(buffer, data, dataStart, start + 1, end) + 1;
    else this.end = this.#scalar(buffer, start, end, NONE);
  }

  #walk(buffer: Uint8Array, data: DataView, dataStart: number, start: number, end: number): number {
    const isObject = this.#isObject;
    let depth = 0;
    let inObject = buffer[start] === OPEN_OBJECT;
    let node = inObject ? 0 : NONE;
    isObject[0] = inObject ? 1 : 0;
    this.#nodes[0] = node;
    this.#entries[0] = NONE;
    let at = skipSpace(buffer, start + 1, end);
    /** An element follows, unless the container that was just opened is empty. */
    let mayClose = true;
    for (;;) {
      let entry = NONE;
      if (!(mayClose && at < end && buffer[at] === (inObject ? CLOSE_OBJECT : CLOSE_ARRAY))) {
        if (inObject) {
          if (at >= end || buffer[at] !== QUOTE) return SCAN.malformed;
          const keyStart = at + 1;
          at = endOfJsonString(buffer, data, dataStart, keyStart, end);
          if (at < 0) return SCAN.malformed;
          if (node >= 0) entry = this.#tree.find(node, buffer, keyStart, at);
          at = skipSpace(buffer, at + 1, end);
          if (at >= end || buffer[at] !== COLON) return SCAN.malformed;
          at = skipSpace(buffer, at + 1, end);
        }
        if (at >= end) return SCAN.malformed;
        const first = buffer[at]!;
        if (first === QUOTE) {
          const textEnd = endOfJsonString(buffer, data, dataStart, at + 1, end);
          if (textEnd < 0) return SCAN.malformed;
          if (entry >= 0) this.#note(entry, FIELD.text, at + 1, textEnd, 0);
          at = textEnd + 1;
        } else if (first === OPEN_OBJECT || first === OPEN_ARRAY) {
          if (++depth === this.#maxDepth) return SCAN.tooDeep;
          inObject = first === OPEN_OBJECT;
          node = inObject && entry >= 0 ? this.#tree.childOf(entry) : NONE;
          isObject[depth] = inObject ? 1 : 0;
          this.#startedAt[depth] = at;
          this.#nodes[depth] = node;
          this.#entries[depth] = entry;
          at = skipSpace(buffer, at + 1, end);
          mayClose = true;
          continue;
        } else {
          const valueEnd = this.#scalar(buffer, at, end, entry);
          if (valueEnd < 0) return SCAN.malformed;
          at = valueEnd;
        }
        at = skipSpace(buffer, at, end);
      }
      // Behind an element: the next one, or the end of the container, and then of what that stands in.
      while (at < end && buffer[at] === (inObject ? CLOSE_OBJECT : CLOSE_ARRAY)) {
        at++;
        if (depth === 0) {
          this.end = at;
          return SCAN.ok;
        }
        const own = this.#entries[depth]!;
        if (own >= 0) this.#note(own, FIELD.other, this.#startedAt[depth]!, at, 0);
        depth--;
        inObject = isObject[depth] === 1;
        node = this.#nodes[depth]!;
        at = skipSpace(buffer, at, end);
      }
      if (at >= end || buffer[at] !== COMMA) return SCAN.malformed;
      at = skipSpace(buffer, at + 1, end);
      mayClose = false;
    }
  }

  /** A number, `true`, `false` or `null`; returns where it ends, −1 when it is none of them. */
  #scalar(buffer: Uint8Array, at: number, end: number, entry: number): number {
    switch (buffer[at]) {
      case 0x74: // t
        if (!spells(buffer, at, end, TRUE)) return -1;
        if (entry >= 0) this.#note(entry, FIELD.boolean, at, at + 4, 1);
        return at + 4;
      case 0x66: // f
        if (!spells(buffer, at, end, FALSE)) return -1;
        if (entry >= 0) this.#note(entry, FIELD.boolean, at, at + 5, 0);
        return at + 5;
      case 0x6e: // n: a field without a value is not there.
        return spells(buffer, at, end, NULL) ? at + 4 : -1;
      default: {
        const numberEnd = endOfJsonNumber(buffer, at, end);
        if (numberEnd >= 0 && entry >= 0)
          this.#note(entry, FIELD.number, at, numberEnd, valueOfJsonNumber(buffer, at, numberEnd));
        return numberEnd;
      }
    }
  }

  #note(entry: number, kind: number, start: number, end: number, value: number): void {
    const tree = this.#tree;
    for (let target = tree.firstTarget(entry); target >= 0; target = tree.nextTarget(target)) {
      const field = tree.fieldOf(target);
      const rank = tree.rankOf(target);
      if (this.kinds[field] !== FIELD.absent && this.#ranks[field]! < rank) continue;
      this.kinds[field] = kind;
      this.starts[field] = start;
      this.ends[field] = end;
      this.numbers[field] = value;
      this.#ranks[field] = rank;
    }
  }
}

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');

function spells(buffer: Uint8Array, at: number, end: number, word: Uint8Array): boolean {
  if (at + word.length > end) return false;
  for (let i = 1; i < word.length; i++) if (buffer[at + i] !== word[i]) return false;
  return true;
}
