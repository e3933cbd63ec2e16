import { EventEmitter } from 'node:events';
import { PhaseClock } from '../metrics/phase-clock.js';
import { type GeneratorPort, runGeneratorWorker } from './generator-worker.js';
import type { LoadKind } from './load-kind.js';
import type { ToGeneratorProcess } from './worker-messages.js';

/** The side of a process that talks to the one that forked it, such as `process`. */
export interface ParentChannel {
  send?(message: unknown, callback: (error: Error | null) => void): boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  disconnect?(): void;
}

/**
 * The main function of a generator process: takes its task from its parent and does what a generator thread does.
 * Resolves when all that it had to say is said and the channel is closed.
 */
export async function runGeneratorProcess(channel: ParentChannel, kinds: Iterable<LoadKind>): Promise<void> {
  const clock = PhaseClock.create();
  const port = new ProcessPort(channel);
  const task = await new Promise<Extract<ToGeneratorProcess, { say: 'task' }>['task']>((resolve) => {
    channel.on('message', (message) => {
      const said = message as ToGeneratorProcess;
      if (said.say === 'task') resolve(said.task);
      else if (said.say === 'phase') clock.begin(said.phase, said.atNs);
      else port.emit('message', said);
    });
  });
  await runGeneratorWorker(port, { ...task, phaseClock: clock.buffer }, kinds);
  await port.closed;
}

/** A channel between processes in the shape of a port between threads. */
class ProcessPort extends EventEmitter implements GeneratorPort {
  readonly #channel: ParentChannel;
  readonly #sends = new Set<Promise<void>>();
  closed: Promise<void> = Promise.resolve();

  constructor(channel: ParentChannel) {
    super();
    this.#channel = channel;
  }

  /** A copy goes over, so that there is nothing to transfer. */
  postMessage(message: unknown): void {
    const sent = new Promise<void>((resolve) => {
      this.#channel.send?.(message, () => resolve());
    });
    this.#sends.add(sent);
    void sent.then(() => this.#sends.delete(sent));
  }

  /** What was posted goes out first. */
  close(): void {
    this.closed = Promise.all(this.#sends).then(() => this.#channel.disconnect?.());
  }
}
