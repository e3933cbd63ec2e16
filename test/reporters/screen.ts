/** A terminal that understands what a live view writes: new lines, cursor up, erase below; it wraps long lines. */
export class Screen {
  columns: number;
  /** Everything that was written. */
  written = '';
  #rows: string[] = [''];
  #row = 0;
  #column = 0;

  constructor(columns = 100) {
    this.columns = columns;
  }

  write(text: string): boolean {
    this.written += text;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a terminal reads
    for (const [piece, count, command] of text.matchAll(/\x1b\[(\d*)([A-Za-z])|[\s\S]/gu)) {
      if (command === 'A') this.#row = Math.max(0, this.#row - Number(count || 1));
      else if (command === 'J') this.#erase();
      else if (command === undefined) this.#put(piece);
      else if (command !== 'm') throw new Error(`the screen does not know ${JSON.stringify(piece)}`);
    }
    return true;
  }

  /** What is to be seen, line by line, without the empty ones at the end. */
  get lines(): string[] {
    return this.#rows.join('\n').trimEnd().split('\n');
  }

  #erase(): void {
    this.#rows.length = this.#row + 1;
    this.#rows[this.#row] = (this.#rows[this.#row] ?? '').slice(0, this.#column);
  }

  #put(character: string): void {
    if (character === '\r') {
      this.#column = 0;
    } else if (character === '\n') {
      this.#down();
    } else {
      if (this.#column === this.columns) this.#down();
      const row = (this.#rows[this.#row] ?? '').padEnd(this.#column);
      this.#rows[this.#row] = row.slice(0, this.#column) + character + row.slice(this.#column + 1);
      this.#column++;
    }
  }

  #down(): void {
    this.#row++;
    this.#column = 0;
    this.#rows[this.#row] ??= '';
  }
}
