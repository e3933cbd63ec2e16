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

  /** As the file has them now, by seed; the last one of each. */
  get all() {
    if (!existsSync(this.#file)) return [];
    const lines = readFileSync(this.#file, 'utf8').split('\n');
    const results = lines.filter((line) => line !== '').map((line) => JSON.parse(line));
    return [...new Map(results.map((result) => [result.seed, result])).values()].sort(
      (a, b) => a.seed - b.seed,
    );
  }

  /** Undefined where there is none yet. */
  of(seed) {
    return this.all.find((result) => result.seed === seed);
  }

  add(result) {
    appendFileSync(this.#file, `${JSON.stringify(result)}\n`);
  }
}
