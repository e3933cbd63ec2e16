// Results by seed, a JSON line each, appended when they come: a bench that was stopped goes on where it was.
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Of a file that several benches may append to at the same time, each with seeds of its own. */
export class KeptResults {
  #file;

  constructor(file) {
    this.#file = file;
    mkdirSync(dirname(file), { recursive: true });
  }

  /** As the file has them now, by seed. */
  get all() {
    if (!existsSync(this.#file)) return [];
    return readFileSync(this.#file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
      .sort((a, b) => a.seed - b.seed);
  }

  has(seed) {
    return this.all.some((result) => result.seed === seed);
  }

  add(result) {
    appendFileSync(this.#file, `${JSON.stringify(result)}\n`);
  }
}
