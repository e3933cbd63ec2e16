import { readFileSync } from 'node:fs';
import type Docker from 'dockerode';
import { sleep } from '../../base/clock.js';
import { waitFor, withDeadline } from '../../base/wait.js';
import type {
  ClusterNode,
  NodeEvent,
  NodeSignal,
  ProcessIdentity,
  ProcessLook,
} from '../../contracts/cluster.js';
import { readHealthz } from '../../nats/endpoints.js';
import { type ContainerLook, lookAtContainer } from '../../processes/docker/containers.js';
import { engineError, unlessDone } from '../../processes/docker/open-engine.js';
import { identify } from '../../processes/identity.js';
import { lastLines } from '../../processes/log-tail.js';
import { followLog } from './container-log.js';

/** A server that was asked to end may take this long before it is started again. */
const GRACE_MS = 5_000;
const ENDS_WITHIN_MS = 10_000;
const LOG_LINES = 4;
const LAST_WORDS_MS = 1_000;

export interface ContainerNodeOptions {
  readonly name: string;
  readonly host: string;
  readonly clientPort: number;
  readonly monitorUrl: string;
  readonly container: { readonly id: string; readonly name: string };
  readonly docker: Docker;
  /** The same engine, for calls that wait for something to happen. */
  readonly patientDocker: Docker;
  readonly logFile: string;
  readonly onEvent: (event: NodeEvent) => void;
}

/** One start of the container. */
interface Start {
  readonly startedAt: string;
  readonly identity: ProcessIdentity;
  readonly ended: Promise<void>;
  /** Resolves when its end has been told of. */
  noted?: Promise<void>;
  /** The signal with which we asked for its end, when the engine has taken it; `undefined` when it could not. */
  asked?: Promise<NodeSignal | undefined>;
}

/** One nats-server of ours in its container: its starts, its ends, and what was expected of them. */
export class ContainerNode {
  readonly view: ClusterNode;
  readonly #options: ContainerNodeOptions;
  readonly #closing = new AbortController();
  #current: Start | undefined;
  #starting: Promise<void> | undefined;
  #lastDeath: string | undefined;

  constructor(options: ContainerNodeOptions) {
    this.#options = options;
    const running = () => this.#current?.identity;
    const { name, host, clientPort, monitorUrl } = options;
    this.view = {
      name,
      host,
      clientPort,
      monitorUrl,
      get process() {
        return running();
      },
    };
  }

  get container(): ContainerNodeOptions['container'] {
    return this.#options.container;
  }

  /** Why it is not running, if it ended without having been asked to. */
  get death(): string | undefined {
    return this.#lastDeath;
  }

  /** Resolves when the container runs; at once when it does already. */
  start(): Promise<void> {
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  /** After SIGKILL, resolves when the container is down. Throws when it is not running. */
  async signal(signal: NodeSignal): Promise<void> {
    const current = this.#current;
    const sent = this.#send(signal);
    if (current && (signal === 'SIGKILL' || signal === 'SIGTERM' || signal === 'SIGUSR2')) {
      const before = current.asked;
      // The end may be noticed before the engine answers; one that was down already ended as it was asked to before, if it was.
      current.asked = sent.then(
        () => signal,
        () => before,
      );
    }
    try {
      await sent;
    } catch (error) {
      throw new Error(`node ${this.view.name}: ${engineError(error).text}`, { cause: error });
    }
    if (signal !== 'SIGKILL') return;
    const isDown = async () => (await this.#look())?.state === 'down';
    if (!(await waitFor(isDown, { timeoutMs: ENDS_WITHIN_MS, everyMs: 20 })))
      throw new Error(`node ${this.view.name} did not end within ${ENDS_WITHIN_MS} ms of SIGKILL`);
    await current?.noted;
  }

  /** The engine's word. */
  async look(): Promise<ProcessLook> {
    const look = await this.#look();
    if (look === undefined) return { state: 'down', saw: 'there is no container' };
    const saw = `container ${look.name} is ${look.status}`;
    if (look.state === 'down') return { state: 'down', saw: `${saw}, exit code ${look.exitCode}` };
    return { state: look.state, instance: look.startedAt, saw };
  }

  /** Looks at nothing any more, once an end that was not noticed yet is told of; the container is left to whoever removes it. */
  async close(): Promise<void> {
    const current = this.#current;
    if (current && !(await this.#runs(current).catch(() => true))) await this.#told(current).catch(() => {});
    this.#closing.abort();
  }

  async #start(): Promise<void> {
    const { docker, container } = this.#options;
    const leaving = this.#current;
    // One that has just died by itself may not have been noticed yet.
    if (leaving && (await leaving.asked) === undefined && (await this.#runs(leaving))) return;
    if (leaving) await this.#endFor(leaving);
    await unlessDone(docker.getContainer(container.id).start());
    await this.#adopt();
  }

  async #send(signal: NodeSignal): Promise<void> {
    const { docker, container } = this.#options;
    const engineSide = docker.getContainer(container.id);
    if (signal === 'SIGSTOP') await engineSide.pause();
    else if (signal === 'SIGCONT') await engineSide.unpause();
    else await engineSide.kill({ signal });
  }

  /** By the engine's word: that very start is not over. */
  async #runs({ startedAt }: Start): Promise<boolean> {
    const look = await this.#look();
    return look !== undefined && look.state !== 'down' && look.startedAt === startedAt;
  }

  async #told({ noted }: Start): Promise<void> {
    if (noted) await withDeadline(noted, ENDS_WITHIN_MS, `the end of node ${this.view.name}`);
  }

  /** Whoever has started the container, us or one of our undo records: from here on this is the start we look after. */
  async #adopt(): Promise<void> {
    const look = await this.#look();
    if (look === undefined) throw new Error(`there is no container ${this.container.name} any more`);
    const { patientDocker, container, logFile } = this.#options;
    const start: Start = {
      startedAt: look.startedAt,
      identity: identityOf(look),
      ended: this.#waitForEnd(look.startedAt),
    };
    this.#current = start;
    this.#lastDeath = undefined;
    this.#tell('started', `container ${container.name}`);
    const log = followLog(patientDocker, container.id, {
      since: look.startedAt,
      file: logFile,
      signal: this.#closing.signal,
    });
    // Its last words are on their way when it has ended.
    const words = () => withDeadline(log, LAST_WORDS_MS, 'the log').catch(() => {});
    start.noted = start.ended.then(words).then(() => this.#noteEnd(start));
    void this.#noteReady(start);
  }

  async #endFor(leaving: Start): Promise<void> {
    const done = { ended: false };
    void leaving.ended.then(() => {
      done.ended = true;
    });
    if (!(await waitFor(() => done.ended, { timeoutMs: GRACE_MS }))) {
      // It may end at this very moment.
      await unlessDone(this.#send('SIGKILL'));
    }
    // Before another start is: what is told comes in the order in which it happened.
    await this.#told(leaving);
  }

  /** Resolves when that start of the container is over, or we look at nothing any more. */
  async #waitForEnd(startedAt: string): Promise<void> {
    const { patientDocker, container } = this.#options;
    while (!this.#closing.signal.aborted) {
      try {
        await patientDocker.getContainer(container.id).wait({ abortSignal: this.#closing.signal });
      } catch {
        // The engine was restarted, or the container removed: the next look says what is.
        await sleep(250, this.#closing.signal).catch(() => {});
      }
      const look = await this.#look().catch(() => 'unknown' as const);
      if (look === 'unknown') continue;
      if (look === undefined || look.state === 'down' || look.startedAt !== startedAt) return;
    }
  }

  async #noteEnd(start: Start): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const look = await this.#look().catch(() => undefined);
    const askedToEnd = await start.asked;
    if (this.#current === start) this.#current = undefined;
    const how = look === undefined ? 'the container is gone' : `exit code ${look.exitCode}`;
    if (askedToEnd !== undefined) return this.#tell('ended', `${how} after ${askedToEnd}`);
    const words = lastLines(this.#options.logFile, { count: LOG_LINES })
      .filter((line) => !line.includes(' [INF] '))
      .join('\n');
    this.#lastDeath = words === '' ? how : `${how}: ${words}`;
    this.#tell('crashed', this.#lastDeath);
  }

  async #noteReady(start: Start): Promise<void> {
    while (this.#current === start && !this.#closing.signal.aborted) {
      const healthy = await readHealthz(this.view.monitorUrl as string).then(
        ({ status }) => status === 'ok',
        () => false,
      );
      if (healthy && this.#current === start) return this.#tell('ready');
      await sleep(100, this.#closing.signal).catch(() => {});
    }
  }

  #look(): Promise<ContainerLook | undefined> {
    return lookAtContainer(this.#options.docker, this.#options.container.id);
  }

  #tell(what: NodeEvent['what'], detail?: string): void {
    this.#options.onEvent({ node: this.view.name, what, ...(detail !== undefined && { detail }) });
  }
}

/** The process as this machine knows it; as the engine does, where that runs in a machine of its own. */
function identityOf({ id, pid, startedAt }: ContainerLook): ProcessIdentity {
  try {
    if (readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(id)) return identify(pid) ?? { pid, startedAt };
  } catch {
    // Not on this machine, or not to be seen from here.
  }
  return { pid, startedAt };
}
