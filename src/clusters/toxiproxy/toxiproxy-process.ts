import { messageOf, PreflightError } from '../../base/errors.js';
import { waitFor } from '../../base/wait.js';
import type { ProcessIdentity } from '../../contracts/cluster.js';
import { endProcess } from '../../processes/end-process.js';
import { isAlive } from '../../processes/identity.js';
import { lastLines } from '../../processes/log-tail.js';
import { type ProcessEnd, startMarkedProcess } from '../../processes/marked-process.js';
import { type NewProxy, ToxiproxyApi } from './toxiproxy-api.js';

const HOST = '127.0.0.1';
/** It listens within milliseconds, and has nothing on it that could hang; a busy machine may take its time. */
const UP_WITHIN_MS = 10_000;

export interface ToxiproxyProcessOptions {
  /** The toxiproxy-server to run. */
  readonly program: string;
  /** Of its control API. */
  readonly port: number;
  readonly logFile: string;
  /** The run's id. */
  readonly mark: string;
  /** What it is to have whenever it starts. */
  readonly proxies: () => readonly NewProxy[];
  /** Told of an end that nobody asked for. */
  readonly onEnd: (how: string) => void;
}

/** A Toxiproxy of ours: a marked process of the run, on the same ports however often it starts. */
export class ToxiproxyProcess {
  readonly url: string;
  readonly #options: ToxiproxyProcessOptions;
  readonly #api: ToxiproxyApi;
  #identity: ProcessIdentity | undefined;
  #restarting: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: ToxiproxyProcessOptions) {
    this.#options = options;
    this.url = `http://${HOST}:${options.port}`;
    this.#api = new ToxiproxyApi(this.url);
  }

  get identity(): ProcessIdentity | undefined {
    return this.#identity;
  }

  get isRunning(): boolean {
    return this.#identity !== undefined && isAlive(this.#identity);
  }

  /** Ends what runs and starts it with its proxies. @throws PreflightError with what it says when it does not come up */
  restart(): Promise<void> {
    this.#restarting = this.#restart();
    return this.#restarting;
  }

  async #restart(): Promise<void> {
    await this.#end();
    if (this.#isClosed) throw new Error('the Toxiproxy of the run is closed');
    const { program, port, logFile, mark, proxies } = this.#options;
    const args = ['-host', HOST, '-port', String(port)];
    const { identity, ended } = await startMarkedProcess({ command: program, args, mark, logFile });
    this.#identity = identity;
    void ended.then((end) => this.#noteEnd(identity, end));
    try {
      const outcome = await waitFor(
        async () => {
          if (this.#identity !== identity) return 'ended';
          await this.#api.greet();
          return 'up';
        },
        { timeoutMs: UP_WITHIN_MS, everyMs: 10 },
      );
      if (outcome !== 'up') throw new Error(outcome === 'ended' ? 'it ended at once' : 'it does not answer');
      // One that did not get its port goes on without: whoever answers there is somebody else's.
      if ((await this.#api.read(UP_WITHIN_MS)).size > 0)
        throw new Error(`there is another on port ${port}: address already in use`);
      await this.#api.createProxies(proxies(), UP_WITHIN_MS);
    } catch (error) {
      await this.#end();
      const said = lastLines(logFile, { count: 3 }).join('\n');
      throw new PreflightError(`Toxiproxy does not come up: ${messageOf(error)}${said && `: ${said}`}`, {
        cause: error,
      });
    }
  }

  /** Also ends one that is being started. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#end();
    await this.#restarting?.catch(() => {});
    await this.#end();
  }

  /** It has nothing to save, and one that hangs takes no request. */
  async #end(): Promise<void> {
    const identity = this.#identity;
    this.#identity = undefined;
    if (identity) await endProcess(identity, { graceMs: 0 });
  }

  #noteEnd(identity: ProcessIdentity, { code, signal }: ProcessEnd): void {
    if (this.#identity !== identity || this.#isClosed) return;
    this.#identity = undefined;
    this.#options.onEnd(`Toxiproxy (process ${identity.pid}) ended by ${signal ?? `itself, code ${code}`}`);
  }
}
