import { NS } from '../../base/clock.js';
import { waitFor } from '../../base/wait.js';
import type { NodeSignal, ProcessLook } from '../../contracts/cluster.js';
import type { RunCommand } from '../../contracts/undo.js';
import { runCommand } from '../../processes/run-command.js';
import type { NodeCommands } from './handed-over-schema.js';
import type { NodeHandle } from './node-handle.js';

const DEFAULT_TIMEOUT_MS = 30_000;
/** What the exit codes of `look` say. */
const CODES = { running: 0, down: 1, paused: 2 };

export interface CommandHandleOptions {
  readonly node: string;
  readonly commands: NodeCommands;
  /** Where they run. */
  readonly cwd: string;
  /** All of their environment: the same that the watchdog has. */
  readonly env: Readonly<Record<string, string>>;
}

/** A server of somebody else's, by the commands that they gave for it. */
export class CommandHandle implements NodeHandle {
  readonly #options: CommandHandleOptions;
  readonly #timeoutMs: number;

  constructor(options: CommandHandleOptions) {
    this.#options = options;
    const { timeout } = options.commands;
    this.#timeoutMs = timeout === undefined ? DEFAULT_TIMEOUT_MS : timeout / NS.ms;
  }

  /** The word of `look`: 0 it runs, 1 it is down, 2 it is paused. */
  async look(): Promise<ProcessLook> {
    const { node, commands } = this.#options;
    const { code, said } = await this.#run(commands.look);
    const saw = `\`${commands.look.join(' ')}\` ended with ${code}${said === '' ? '' : `: ${said}`}`;
    if (code === CODES.down) return { state: 'down', saw };
    if (code !== CODES.running && code !== CODES.paused) {
      throw new Error(`node ${node}: ${saw}; expected 0 (running), 1 (down) or 2 (paused)`);
    }
    if (said === '')
      throw new Error(`node ${node}: ${saw}, without a word that tells this start from others`);
    return { state: code === CODES.running ? 'running' : 'paused', instance: said, saw };
  }

  async signal(signal: NodeSignal): Promise<void> {
    const { node, commands } = this.#options;
    const acts = { SIGKILL: 'kill', SIGSTOP: 'pause', SIGCONT: 'continue' } as const;
    if (!(signal in acts)) throw new Error(`node ${node}: no command was handed over for ${signal}`);
    const act = acts[signal as keyof typeof acts];
    await this.#act(commands[act]);
    if (act === 'kill') await this.#until('down');
  }

  async start(): Promise<void> {
    if ((await this.look()).state === 'running') return;
    await this.#act(this.#options.commands.start);
    await this.#until('running');
  }

  startRecord(id: string): RunCommand {
    return this.#record(id, 'start', `start ${this.#options.node} again`, [CODES.running, CODES.paused]);
  }

  continueRecord(id: string): RunCommand {
    return this.#record(id, 'continue', `let ${this.#options.node} go on`, [CODES.running, CODES.down]);
  }

  #record(id: string, act: 'start' | 'continue', what: string, codes: readonly number[]): RunCommand {
    const { commands, cwd, env } = this.#options;
    return {
      kind: 'run-command',
      id,
      what,
      manual: commands[act].map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word}'`)).join(' '),
      command: commands[act],
      cwd,
      env,
      timeoutMs: this.#timeoutMs,
      check: { command: commands.look, codes },
    };
  }

  async #act(command: readonly string[]): Promise<void> {
    const { code, said } = await this.#run(command);
    if (code === 0) return;
    throw new Error(`node ${this.#options.node}: \`${command.join(' ')}\` ended with ${code}: ${said}`);
  }

  async #until(state: ProcessLook['state']): Promise<void> {
    let last = '';
    const isSo = async () => {
      const look = await this.look();
      last = look.saw;
      return look.state === state;
    };
    if (await waitFor(isSo, { timeoutMs: this.#timeoutMs, everyMs: 100 })) return;
    throw new Error(`node ${this.#options.node} is not ${state} within ${this.#timeoutMs} ms: ${last}`);
  }

  #run(command: readonly string[]) {
    const { cwd, env } = this.#options;
    return runCommand(command, { cwd, env, timeoutMs: this.#timeoutMs });
  }
}
