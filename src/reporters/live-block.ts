import { cutTo, widthOf } from './terminal-text.js';

/** The stream of a terminal; without `columns`, 80 are assumed. */
export interface TerminalStream {
  write(text: string): unknown;
  readonly columns?: number | undefined;
}

/** A few lines at the end of a terminal that are drawn again in place, while other lines pass above them. */
export class LiveBlock {
  readonly #stream: TerminalStream;
  #drawn: readonly string[] = [];

  constructor(stream: TerminalStream) {
    this.#stream = stream;
  }

  /** Replaces the block; lines that are too wide are cut. */
  draw(lines: readonly string[]): void {
    this.#replace('', lines);
  }

  /** Writes lines above the block, where they stay. */
  print(lines: readonly string[]): void {
    this.#replace(lines.map((line) => `${line}\n`).join(''), this.#drawn);
  }

  clear(): void {
    this.#replace('', []);
  }

  #replace(above: string, lines: readonly string[]): void {
    const columns = this.#stream.columns ?? 80;
    // A terminal that became narrower has wrapped what was drawn: it takes up more rows now.
    const rows = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0);
    const erase = rows === 0 ? '' : `\x1b[${rows}A\r\x1b[J`;
    // The last column stays free, because some terminals wrap as soon as it is written.
    this.#drawn = lines.map((line) => cutTo(line, columns - 1));
    const text = erase + above + this.#drawn.map((line) => `${line}\n`).join('');
    if (text !== '') this.#stream.write(text);
  }
}
