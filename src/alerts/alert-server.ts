import { messageOf, PreflightError } from '../base/errors.js';
import { waitFor } from '../base/wait.js';
import { endProcess } from '../processes/end-process.js';
import { lastLines } from '../processes/log-tail.js';
import { type MarkedProcess, startMarkedProcess } from '../processes/marked-process.js';

/** They begin with an empty store, which is a matter of a second; on a busy machine, of several. */
const UP_WITHIN_MS = 30_000;
/** What they get to end by themselves: nothing of theirs is kept. */
const END_GRACE_MS = 1_000;
const ANSWERS_WITHIN_MS = 2_000;

export interface AlertServerOptions {
  /** `Prometheus` */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly url: string;
  readonly logFile: string;
  /** The run's id. */
  readonly mark: string;
  readonly signal: AbortSignal;
  /** Told of an end that nobody asked for. */
  readonly onEnd: (how: string) => void;
}

/** A Prometheus or an Alertmanager of ours: a marked process of the run. */
export class AlertServer implements AsyncDisposable {
  readonly url: string;
  readonly #process: MarkedProcess;
  #isClosed = false;

  private constructor(url: string, process: MarkedProcess) {
    this.url = url;
    this.#process = process;
  }

  /** Resolves when it is ready. @throws PreflightError with its own words when it does not come up */
  static async start(options: AlertServerOptions): Promise<AlertServer> {
    const { name, program, args, url, logFile, mark, signal, onEnd } = options;
    const process = await startMarkedProcess({ command: program, args, mark, logFile });
    const server = new AlertServer(url, process);
    let end: string | undefined;
    void process.ended.then(({ code, signal: by }) => {
      end = by ?? `code ${code}`;
      if (!server.#isClosed) onEnd(`${name} (process ${process.identity.pid}) ended by ${end}`);
    });
    try {
      const outcome = await waitFor(
        async () => {
          if (end !== undefined) return 'ended';
          return (await server.answers()) && 'up';
        },
        { timeoutMs: UP_WITHIN_MS, everyMs: 50, signal },
      );
      if (outcome === 'up') return server;
      throw new Error(outcome === 'ended' ? `it ended at once, ${end}` : 'it does not answer');
    } catch (error) {
      await server[Symbol.asyncDispose]();
      signal.throwIfAborted();
      const said = lastLines(logFile, { count: 3 }).join('\n');
      throw new PreflightError(`${name} does not come up: ${messageOf(error)}${said && `:\n${said}`}`, {
        cause: error,
      });
    }
  }

  /** Whether it says that it is ready; never rejects. */
  async answers(): Promise<boolean> {
    try {
      const signal = AbortSignal.timeout(ANSWERS_WITHIN_MS);
      const response = await fetch(new URL('/-/ready', this.url), { signal });
      await response.arrayBuffer();
      return response.ok;
    } catch {
      return false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await endProcess(this.#process.identity, { graceMs: END_GRACE_MS });
  }
}
