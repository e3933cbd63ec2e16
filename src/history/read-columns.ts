const FIRST_CAPACITY = 4096;

/** What was read from a stream, in columns that grow: eighteen bytes a message instead of an object. */
export class ReadColumns {
  #count = 0;
  #writer = new Uint16Array(FIRST_CAPACITY);
  #sequence = new Float64Array(FIRST_CAPACITY);
  #streamSequence = new Float64Array(FIRST_CAPACITY);

  /** The hot path. */
  add(writer: number, sequence: number, streamSequence: number): void {
    if (this.#count === this.#writer.length) this.#grow();
    this.#writer[this.#count] = writer;
    this.#sequence[this.#count] = sequence;
    this.#streamSequence[this.#count] = streamSequence;
    this.#count++;
  }

  #grow(): void {
    const capacity = this.#writer.length * 2;
    const [writer, sequence, streamSequence] = [this.#writer, this.#sequence, this.#streamSequence];
    this.#writer = new Uint16Array(capacity);
    this.#sequence = new Float64Array(capacity);
    this.#streamSequence = new Float64Array(capacity);
    this.#writer.set(writer);
    this.#sequence.set(sequence);
    this.#streamSequence.set(streamSequence);
  }

  /** Views of what was added so far. */
  get columns() {
    return {
      count: this.#count,
      writer: this.#writer.subarray(0, this.#count),
      sequence: this.#sequence.subarray(0, this.#count),
      streamSequence: this.#streamSequence.subarray(0, this.#count),
    };
  }
}
