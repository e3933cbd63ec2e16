const FIRST_BYTES = 4096;
const FIRST_REPLIES = 64;
/** Below this, copying byte by byte is faster than making a view of the source. */
const SMALL = 64;
const CRLF = 0x0a0d;
const SPACE = 0x20;
const ZERO = 0x30;
const PUB = Buffer.from('PUB ');
const HPUB = Buffer.from('HPUB ');

/** What is sent instead of an answer, as services of NATS say that something went wrong (ADR-32). */
const ERROR_HEADER =
  'NATS/1.0\r\nNats-Service-Error: an error that was asked for\r\nNats-Service-Error-Code: 500\r\n\r\n';
const ERROR_TAIL = Buffer.from(` ${ERROR_HEADER.length} ${ERROR_HEADER.length}\r\n${ERROR_HEADER}\r\n`);

/** Replies, encoded back to back as they are made: one write for all that go out at the same time. */
export class ReplyBlock {
  count = 0;
  payloadBytes = 0;
  /** When the request of reply i was read. */
  readNs = new Float64Array(FIRST_REPLIES);
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #length = 0;

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.count = 0;
    this.payloadBytes = 0;
    this.#length = 0;
  }

  /** A reply whose payload is `source` from `start` to `end`, to the subject in `from` between `subjectStart` and `subjectEnd`. */
  add(
    readNs: number,
    from: Uint8Array,
    subjectStart: number,
    subjectEnd: number,
    source: Uint8Array,
    start: number,
    end: number,
  ): void {
    const size = end - start;
    this.#make(subjectEnd - subjectStart + size + 24, readNs);
    this.#put(PUB, 0, PUB.length);
    this.#put(from, subjectStart, subjectEnd);
    this.#bytes[this.#length++] = SPACE;
    this.#putNumber(size);
    this.#length = this.#bytes.writeUInt16LE(CRLF, this.#length);
    this.#put(source, start, end);
    this.#length = this.#bytes.writeUInt16LE(CRLF, this.#length);
    this.payloadBytes += size;
  }

  /** A reply that says that something went wrong. */
  addError(readNs: number, from: Uint8Array, subjectStart: number, subjectEnd: number): void {
    this.#make(subjectEnd - subjectStart + HPUB.length + ERROR_TAIL.length, readNs);
    this.#put(HPUB, 0, HPUB.length);
    this.#put(from, subjectStart, subjectEnd);
    this.#put(ERROR_TAIL, 0, ERROR_TAIL.length);
  }

  #make(room: number, readNs: number): void {
    if (this.#length + room > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.#length + room, 2 * this.#bytes.length));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    if (this.count === this.readNs.length) {
      const larger = new Float64Array(2 * this.count);
      larger.set(this.readNs);
      this.readNs = larger;
    }
    this.readNs[this.count++] = readNs;
  }

  #put(source: Uint8Array, start: number, end: number): void {
    const into = this.#bytes;
    let at = this.#length;
    if (end - start < SMALL) for (let i = start; i < end; i++) into[at++] = source[i]!;
    else {
      into.set(source.subarray(start, end), at);
      at += end - start;
    }
    this.#length = at;
  }

  #putNumber(value: number): void {
    let unit = 1;
    while (unit * 10 <= value) unit *= 10;
    for (; unit >= 1; unit /= 10) this.#bytes[this.#length++] = ZERO + (Math.floor(value / unit) % 10);
  }
}
