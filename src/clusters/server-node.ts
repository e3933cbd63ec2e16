import { sleep } from '../base/clock.js';
import { withDeadline } from '../base/wait.js';
import type { ClusterNode, NodeEvent, NodeSignal, ProcessIdentity } from '../contracts/cluster.js';
import { readHealthz } from '../nats/endpoints.js';
import { hasArgument } from '../processes/command-line.js';
import { endProcess, sendSignal } from '../processes/end-process.js';
import { isAlive } from '../processes/identity.js';
import { lastLines, lastWords, sizeOf } from '../processes/log-tail.js';
import { type ProcessEnd, startMarkedProcess } from '../processes/marked-process.js';
import { findMarked } from '../processes/run-mark.js';
import { untilServerRuns } from '../processes/server-begun.js';
import { HOST, type NodePorts } from './server-settings.js';

/** A server that was asked to end may take this long before it is started again or killed. */
const GRACE_MS = 5000;
/** A killed server is gone within milliseconds, and is noticed when the machine lets us. */
const KILL_TAKES_MS = 10_000;
const LOG_LINES = 4;

export interface ServerNodeOptions {
  readonly name: string;
  readonly ports: NodePorts;
  /** The nats-server that it runs unless told otherwise. */
  readonly command: string;
  readonly configFile: string;
  readonly logFile: string;
  readonly storeDir: string;
  readonly mark: string;
  readonly onEvent: (event: NodeEvent) => void;
}

interface RunningServer {
  readonly identity: ProcessIdentity;
  readonly ended: Promise<ProcessEnd>;
  /** Where in the log this start begins. */
  readonly logFromByte: number;
  /** It is healthy, or ended before it was. */
  ready?: Promise<void>;
  /** The signal with which we asked for its end. */
  askedToEnd?: NodeJS.Signals | undefined;
}

/** Which server stands in a node's place, by its configuration. */
export interface ServerIdentity {
  readonly serverName: string;
  readonly storeDir: string;
}

export interface NodeDeath {
  readonly node: string;
  /** `exit code 1: [FTL] …` */
  readonly detail: string;
}

/** One nats-server of ours: its starts, its ends, and what was expected of them. */
export class ServerNode {
  readonly view: ClusterNode;
  readonly #options: ServerNodeOptions;
  #server: RunningServer | undefined;
  #starting: Promise<void> | undefined;
  #closed = false;
  #lastDeath: NodeDeath | undefined;
  #command: string;
  #identity: ServerIdentity;

  constructor(options: ServerNodeOptions) {
    this.#options = options;
    this.#command = options.command;
    this.#identity = { serverName: options.name, storeDir: options.storeDir };
    const running = () => this.#server?.identity;
    const identity = () => this.#identity;
    this.view = {
      name: options.name,
      host: HOST,
      clientPort: options.ports.client,
      monitorUrl: `http://${HOST}:${options.ports.monitor}`,
      get serverName() {
        return identity().serverName;
      },
      get storeDir() {
        return identity().storeDir;
      },
      get process() {
        return running();
      },
    };
  }

  get command(): string {
    return this.#command;
  }

  get configFile(): string {
    return this.#options.configFile;
  }

  /** The next start runs this program; its own again with `undefined`. */
  useCommand(path: string | undefined): void {
    this.#command = path ?? this.#options.command;
  }

  /** Its configuration now describes this server: the next start is its first. */
  become(identity: ServerIdentity): void {
    this.#identity = identity;
  }

  get args(): readonly string[] {
    return ['-c', this.#options.configFile];
  }

  get logFile(): string {
    return this.#options.logFile;
  }

  /** The last crash, if the server is not running after it. */
  get death(): NodeDeath | undefined {
    return this.#lastDeath;
  }

  /** Resolves when the process runs; at once when it does already. */
  start(): Promise<void> {
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  /** Its death before it has proven that it runs, if nobody asked for its end; none when it is healthy before. */
  async diesAtStart(): Promise<NodeDeath | undefined> {
    const server = this.#server;
    if (server === undefined) return this.#lastDeath;
    let isHealthy = false;
    void server.ready?.then(() => {
      isHealthy = true;
    });
    const log = { logFile: this.#options.logFile, logFromByte: server.logFromByte };
    await untilServerRuns(log, () => isHealthy || this.#server !== server);
    return this.#server === undefined ? this.#lastDeath : undefined;
  }

  /** Ends the process, in order unless there is no grace; resolves when it is gone. Idempotent. */
  async stop(graceMs = GRACE_MS): Promise<void> {
    await this.#starting?.catch(() => {});
    const server = this.#server;
    if (server === undefined) return;
    // One that has just died by itself has crashed, whether or not that has been noticed yet.
    if (isAlive(server.identity)) server.askedToEnd ??= graceMs > 0 ? 'SIGTERM' : 'SIGKILL';
    await endProcess(server.identity, { graceMs });
    await server.ended;
  }

  /** Sends a signal; after SIGKILL, resolves when the process is gone. Throws when the node is down. */
  async signal(signal: NodeSignal): Promise<void> {
    const server = this.#server;
    const ends = signal === 'SIGKILL' || signal === 'SIGTERM' || signal === 'SIGUSR2';
    // Nothing is noticed before this turn ends. One that was gone already ended as it was asked to, if it was.
    if (!server || !sendSignal(server.identity, signal))
      throw new Error(`node ${this.view.name} is not running`);
    if (ends) server.askedToEnd = signal;
    if (signal === 'SIGKILL')
      await withDeadline(server.ended, KILL_TAKES_MS, `the end of node ${this.view.name}`);
  }

  /** Ends the server for good, also one that is stopped or being started. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.stop();
    for (const stray of await this.#others()) await endProcess(stray, { graceMs: GRACE_MS });
  }

  /** What the server last wrote since it was started. */
  lastWords(): string {
    return lastLines(this.#options.logFile, {
      count: LOG_LINES,
      fromByte: this.#server?.logFromByte ?? 0,
    }).join('\n');
  }

  async #start(): Promise<void> {
    const leaving = this.#server;
    // One that has just died by itself may not have been noticed yet.
    if (leaving && leaving.askedToEnd === undefined && isAlive(leaving.identity)) return;
    if (leaving) {
      await endProcess(leaving.identity, { graceMs: GRACE_MS });
      await leaving.ended;
    }
    // Whoever carried out our start record (the run's own undo) has started it as we would.
    const [other] = await this.#others();
    if (this.#closed) throw new Error(`node ${this.view.name} belongs to a cluster that is closed`);
    const { logFile, mark } = this.#options;
    const logFromByte = sizeOf(logFile);
    const started = other
      ? { identity: other, ended: watchEnd(other) }
      : await startMarkedProcess({ command: this.#command, args: this.args, mark, logFile });
    const server: RunningServer = { ...started, logFromByte };
    this.#server = server;
    this.#lastDeath = undefined;
    this.#tell('started', `pid ${server.identity.pid}`);
    void server.ended.then((end) => this.#noteEnd(server, end));
    server.ready = this.#noteReady(server);
  }

  /** Processes of this run with our configuration that we did not start. */
  async #others(): Promise<ProcessIdentity[]> {
    const marked = await findMarked(this.#options.mark);
    return marked.filter((identity) => hasArgument(identity, this.#options.configFile));
  }

  #noteEnd(server: RunningServer, { code, signal }: ProcessEnd): void {
    if (this.#server === server) this.#server = undefined;
    const how = signal ? `ended by ${signal}` : code === null ? 'ended' : `exit code ${code}`;
    if (server.askedToEnd !== undefined) {
      this.#tell('ended', `${how} after ${server.askedToEnd}`);
      return;
    }
    const words = lastWords(this.#options.logFile, server.logFromByte);
    this.#lastDeath = { node: this.view.name, detail: words === '' ? how : `${how}: ${words}` };
    this.#tell('crashed', this.#lastDeath.detail);
  }

  async #noteReady(server: RunningServer): Promise<void> {
    const url = this.view.monitorUrl as string;
    while (this.#server === server && !this.#closed) {
      const healthy = await readHealthz(url).then(
        ({ status }) => status === 'ok',
        () => false,
      );
      if (healthy && this.#server === server) return this.#tell('ready');
      await sleep(100);
    }
  }

  #tell(what: NodeEvent['what'], detail?: string): void {
    this.#options.onEvent({ node: this.view.name, what, ...(detail !== undefined && { detail }) });
  }
}

/** The end of a process that is not our child: looked for, since nobody tells. */
async function watchEnd(identity: ProcessIdentity): Promise<ProcessEnd> {
  while (isAlive(identity)) await sleep(100);
  return { code: null, signal: null };
}
