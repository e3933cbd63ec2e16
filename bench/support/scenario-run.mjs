// One run of the command itself, in a directory of its own, for the benches that look at what it leaves.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** The run of a scenario below `place`: its temporary files, its registry and its report are all in there. */
export class ScenarioRun {
  #place;
  #said = '';
  #told = '';
  #child;
  /** Resolves to how it ended: `code` and `signal`. */
  ended;
  env;

  constructor(place, scenario) {
    this.#place = place;
    const temp = this.temp;
    mkdirSync(temp);
    const file = join(place, `${scenario.name}.yaml`);
    // JSON is YAML.
    writeFileSync(file, `${JSON.stringify(scenario, undefined, 2)}\n`);
    this.env = {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      TMPDIR: temp,
      XDG_STATE_HOME: join(place, 'state'),
      NO_COLOR: '1',
    };
    this.#child = spawn(process.execPath, [MAIN, 'run', file, '--json', '--out', join(place, 'reports')], {
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout.on('data', (chunk) => {
      this.#said += chunk;
    });
    this.#child.stderr.on('data', (chunk) => {
      this.#told += chunk;
    });
    const endRun = () => this.kill('SIGTERM');
    process.once('exit', endRun);
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        process.off('exit', endRun);
        resolve({ code, signal });
      });
    });
  }

  get temp() {
    return join(this.#place, 'tmp');
  }

  kill(signal) {
    this.#child.kill(signal);
  }

  /** How it ended; `undefined` when it had not after so long, and was killed. */
  async endWithin(ms) {
    const hung = sleep(ms, undefined, { ref: false }).then(() => undefined);
    const end = await Promise.race([this.ended, hung]);
    if (end === undefined) {
      this.kill('SIGKILL');
      await this.ended;
    }
    return end;
  }

  /** What `--json` printed; `undefined` where it did not come to that. */
  get summary() {
    return this.#said === '' ? undefined : JSON.parse(this.#said);
  }

  /** The end of what it told people. */
  get lastWords() {
    return this.#told.slice(-2000);
  }

  /** Its own directory, as soon as there is one. */
  get dir() {
    const reports = join(this.#place, 'reports');
    if (!existsSync(reports)) return undefined;
    const name = readdirSync(reports).find((each) => each !== 'latest');
    return name === undefined ? undefined : join(reports, name);
  }

  get journal() {
    const path = this.dir && join(this.dir, 'journal.ndjson');
    if (!path || !existsSync(path)) return [];
    // The last line may be half written.
    return readFileSync(path, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  }
}
