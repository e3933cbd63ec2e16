const FIRST_BYTES = 64 * 1024;

/** What a text may take, at most, for each of its characters. */
const MOST_BYTES_A_CHAR = 3;

/**
 * A page as it is written, in UTF-8. A page that is kept as text until its end is copied by the garbage collector again and
 * again while it grows, and no event is received meanwhile.
 */
export class PageBytes {
  #bytes: Buffer;
  #used = 0;

  /** @param expected how many bytes it will probably have */
  constructor(expected = 0) {
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, expected));
  }

  write(text: string): void {
    const most = this.#used + MOST_BYTES_A_CHAR * text.length;
    if (most > this.#bytes.length) this.#grow(most);
    this.#used += this.#bytes.write(text, this.#used);
  }

  /** What has been written. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#used);
  }

  #grow(least: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(least, 2 * this.#bytes.length));
    larger.set(this.written);
    this.#bytes = larger;
  }
}
