import { createWriteStream, mkdirSync, openSync, type WriteStream } from 'node:fs';
import { dirname } from 'node:path';
import { finished } from 'node:stream/promises';
import { writeFailure } from '../base/write-failure.js';

/**
 * A file that grows while the run goes on. `write` never blocks and never throws: the first failure is kept for
 * `close`, and what comes after it is let go.
 */
export class GrowingFile {
  readonly #path: string;
  readonly #stream: WriteStream | undefined;
  readonly #done: Promise<void> = Promise.resolve();
  #failure: unknown;

  constructor(path: string) {
    this.#path = path;
    try {
      mkdirSync(dirname(path), { recursive: true });
      // At once: a file that is opened later appears in a directory that somebody may be removing by then.
      this.#stream = createWriteStream(path, { fd: openSync(path, 'w') });
    } catch (error) {
      this.#failure = error;
      return;
    }
    this.#done = finished(this.#stream).catch((error) => {
      this.#failure ??= error;
    });
  }

  write(text: string): void {
    if (this.#failure === undefined) this.#stream?.write(text);
  }

  /**
   * Resolves when everything is written.
   * @throws StormglassError naming the file, with the first failure as its cause
   */
  async close(): Promise<void> {
    this.#stream?.end();
    await this.#done;
    if (this.#failure !== undefined) throw writeFailure(this.#path, this.#failure);
  }
}
