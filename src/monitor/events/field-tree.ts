const NONE = -1;
const LENGTHS = 64;
const BACKSLASH = 0x5c;
/** Names have at most 256 bytes, of which each may be written as six. */
const MAX_ESCAPED_KEY_BYTES = 6 * 256;

interface Entry {
  readonly key: Uint8Array;
  child: number;
  /** Of other keys of this length in this node. */
  next: number;
  firstTarget: number;
}

interface Target {
  readonly field: number;
  readonly rank: number;
  readonly next: number;
}

/** The names of wanted fields as a tree of keys, in which the keys of an object are looked up by their bytes. */
export class FieldTree {
  /** By node and length of a key: its first entry. */
  readonly #firstEntries: Int32Array[] = [];
  readonly #entries: Entry[] = [];
  readonly #targets: Target[] = [];
  readonly #keys: string[] = [];
  #fields = 0;

  constructor() {
    this.#addNode();
  }

  /** Adds a field that may have any of the names, the first of them first; returns its number. */
  add(names: readonly string[]): number {
    const field = this.#fields++;
    names.forEach((name, rank) => {
      this.#keys.push(name.split('.')[0]!);
      const entry = this.#entryOf(name.split('.'));
      entry.firstTarget = this.#targets.push({ field, rank, next: entry.firstTarget }) - 1;
    });
    return field;
  }

  /** The first keys of all names. */
  get keys(): readonly string[] {
    return this.#keys;
  }

  /** The entry of the key in [start, end) of the buffer; −1 when nobody wants it. The hot path. */
  find(node: number, buffer: Uint8Array, start: number, end: number): number {
    const length = end - start;
    const first = this.#firstEntries[node]!;
    for (let at = first[length < LENGTHS ? length : LENGTHS - 1]!; at >= 0; at = this.#entries[at]!.next) {
      const { key } = this.#entries[at]!;
      if (key.length !== length) continue;
      let i = 0;
      while (i < length && key[i] === buffer[start + i]) i++;
      if (i === length) return at;
    }
    for (let i = start; i < end; i++)
      if (buffer[i] === BACKSLASH) return this.#findEscaped(node, buffer, start, end);
    return NONE;
  }

  /** The node in which the keys of an entry's own value are looked up; −1 when none is wanted. */
  childOf(entry: number): number {
    return this.#entries[entry]!.child;
  }

  /** The fields that an entry is the value of, one after the other, −1 at the end. */
  firstTarget(entry: number): number {
    return this.#entries[entry]!.firstTarget;
  }

  nextTarget(target: number): number {
    return this.#targets[target]!.next;
  }

  fieldOf(target: number): number {
    return this.#targets[target]!.field;
  }

  /** Which of the field's names it is; the lower goes before. */
  rankOf(target: number): number {
    return this.#targets[target]!.rank;
  }

  /** Nobody writes keys so, but they mean the same. */
  #findEscaped(node: number, buffer: Uint8Array, start: number, end: number): number {
    if (end - start > MAX_ESCAPED_KEY_BYTES) return NONE;
    const written = Buffer.from(buffer.buffer, buffer.byteOffset + start, end - start).toString('utf8');
    const key = Buffer.from(JSON.parse(`"${written}"`) as string);
    return key.includes(BACKSLASH) ? NONE : this.find(node, key, 0, key.length);
  }

  #entryOf(path: readonly string[]): Entry {
    let node = 0;
    for (const [i, name] of path.entries()) {
      const entry = this.#entryIn(node, Buffer.from(name));
      if (i === path.length - 1) return entry;
      if (entry.child === NONE) entry.child = this.#addNode();
      node = entry.child;
    }
    throw new RangeError('a field needs a name');
  }

  #entryIn(node: number, key: Uint8Array): Entry {
    const known = this.find(node, key, 0, key.length);
    if (known >= 0) return this.#entries[known]!;
    const first = this.#firstEntries[node]!;
    const slot = Math.min(key.length, LENGTHS - 1);
    const entry: Entry = { key, child: NONE, next: first[slot]!, firstTarget: NONE };
    first[slot] = this.#entries.push(entry) - 1;
    return entry;
  }

  #addNode(): number {
    return this.#firstEntries.push(new Int32Array(LENGTHS).fill(NONE)) - 1;
  }
}
