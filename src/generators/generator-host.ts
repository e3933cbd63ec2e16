import type { ChildProcess } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import type { GeneratorTask } from '../contracts/load.js';
import type { ClockPhase } from '../metrics/phase-clock.js';
import type { FromLoadWorker, ToGeneratorProcess, ToLoadWorker } from './worker-messages.js';

/** Where a worker of a load runs: in a thread of this process, or in a process of its own. */
export interface GeneratorHost {
  tell(message: ToLoadWorker): void;
  /** Threads read the run's PhaseClock; a process has to be told. */
  beginPhase(phase: ClockPhase, atNs: number): void;
  /** Of a process of its own; undefined for a thread, and where it could not be started. */
  readonly pid: number | undefined;
  /** Resolves when the thread or the process has ended. */
  readonly exited: Promise<void>;
  /** Ends it at once. */
  terminate(): void;
}

export interface GeneratorHostListener {
  onMessage(message: FromLoadWorker): void;
  /** It threw what nobody caught. */
  onError(error: Error): void;
  /** In words. Called last. */
  onExit(how: string): void;
}

/** @param entry the module that calls `runGeneratorWorker` with its `parentPort` and `workerData` */
export function startThread(
  task: GeneratorTask,
  entry: URL,
  name: string,
  listener: GeneratorHostListener,
): GeneratorHost {
  const worker = new Worker(entry, { workerData: task, name });
  worker.on('message', (message: FromLoadWorker) => listener.onMessage(message));
  worker.on('error', (error) => listener.onError(error));
  return {
    tell: (message) => worker.postMessage(message),
    beginPhase: () => {},
    pid: undefined,
    exited: new Promise((resolve) => {
      worker.on('exit', (code) => {
        listener.onExit(`with code ${code}`);
        resolve();
      });
    }),
    terminate: () => void worker.terminate(),
  };
}

/** What a process says on stderr before it ends is why. */
const STDERR_CHARACTERS = 2000;

/** @param child a process whose program calls `runGeneratorProcess`, with a channel that takes typed arrays */
export function startProcess(
  { phaseClock: _, ...task }: GeneratorTask,
  child: ChildProcess,
  listener: GeneratorHostListener,
): GeneratorHost {
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk).slice(-STDERR_CHARACTERS);
  });
  // One that has ended hears nothing; that it has is told by its exit.
  const send = (message: ToGeneratorProcess) => child.connected && child.send(message, () => {});
  child.on('message', (message) => listener.onMessage(message as FromLoadWorker));
  child.on('error', (error) => listener.onError(error));
  send({ say: 'task', task });
  return {
    tell: send,
    beginPhase: (phase, atNs) => send({ say: 'phase', phase, atNs }),
    pid: child.pid,
    exited: new Promise((resolve) => {
      child.on('close', (code, signal) => {
        listener.onExit(`${signal ? `by ${signal}` : `with code ${code}`}${said && `: ${said.trim()}`}`);
        resolve();
      });
    }),
    terminate: () => child.kill('SIGKILL'),
  };
}
