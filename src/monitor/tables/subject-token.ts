const DOT = 0x2e;

/** Finds one of the tokens of subjects; empty where a subject has fewer. Flat. */
export class SubjectToken {
  start = 0;
  end = 0;
  readonly #token: number;

  /** @param token counted from 0 */
  constructor(token: number) {
    this.#token = token;
  }

  read(buffer: Uint8Array, subjectStart: number, subjectEnd: number): void {
    let at = subjectStart;
    for (let token = 0; token < this.#token && at < subjectEnd; token++) {
      while (at < subjectEnd && buffer[at] !== DOT) at++;
      at++;
    }
    this.start = Math.min(at, subjectEnd);
    this.end = this.start;
    while (this.end < subjectEnd && buffer[this.end] !== DOT) this.end++;
  }
}
