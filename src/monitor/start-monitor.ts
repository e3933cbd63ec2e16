import { Worker } from 'node:worker_threads';
import { nowNs } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import { restoreFailure } from '../base/thread-failure.js';
import type { MonitorHandle, MonitorListener, MonitorTask, ServerTarget } from '../contracts/monitor.js';
import type { OwnEvent } from '../contracts/own-event.js';
import type { FromMonitor, ToMonitor } from './monitor-messages.js';

/** A thread that was told to stop has this long to end by itself. */
const END_MS = 2000;

/**
 * Starts the monitor in a thread of its own; resolves when it is subscribed and its page is served, rejects with what
 * kept it from that. A thread that dies later says so by a notice.
 *
 * @param entry the module that calls `runMonitorWorker` with its `parentPort` and `workerData`
 */
export async function startMonitor(
  task: MonitorTask,
  entry: URL,
  listener: MonitorListener,
): Promise<MonitorHandle> {
  const thread = new MonitorThread(new Worker(entry, { workerData: task, name: 'monitor' }), listener);
  try {
    const metricsUrl = await thread.ready;
    return {
      metricsUrl,
      publish: (event) => thread.publish(event),
      useServers: (targets) => thread.useServers(targets),
      servePage: (_url, isServed) => thread.servePage(isServed),
      drained: (quietMs, timeoutMs) => thread.drain(quietMs, timeoutMs),
      [Symbol.asyncDispose]: () => thread.end(),
    };
  } catch (thrown) {
    await thread.end();
    throw thrown;
  }
}

interface Asked {
  resolve(): void;
  reject(reason: Error): void;
}

class MonitorThread {
  /** The address of the metrics page. */
  readonly ready: Promise<string>;
  readonly #worker: Worker;
  readonly #listener: MonitorListener;
  readonly #exited: Promise<void>;
  /** Those who wait for an answer, in the order in which they asked. */
  readonly #drains: Asked[] = [];
  readonly #pages: Asked[] = [];
  #isReady = false;
  #isEnding = false;
  #failure: Error | undefined;

  constructor(worker: Worker, listener: MonitorListener) {
    this.#worker = worker;
    this.#listener = listener;
    let fail: (reason: Error) => void = () => {};
    this.ready = new Promise((resolve, reject) => {
      fail = reject;
      worker.on('message', (message: FromMonitor) => {
        if (message.say === 'ready') {
          this.#isReady = true;
          resolve(message.metricsUrl);
        } else {
          this.#onMessage(message);
        }
      });
    });
    worker.on('error', (thrown) => {
      this.#failure ??= new Error(`the monitor crashed: ${messageOf(thrown)}`, { cause: thrown });
    });
    this.#exited = new Promise((resolve) => {
      worker.once('exit', (code) => {
        this.#failure ??= new Error(`the monitor's thread ended with code ${code}`);
        fail(this.#failure);
        for (const asked of [...this.#drains.splice(0), ...this.#pages.splice(0)])
          asked.reject(this.#failure);
        if (this.#isReady && !this.#isEnding) this.#tellOfDeath(this.#failure);
        resolve();
      });
    });
  }

  publish(event: OwnEvent): void {
    this.#tell({ say: 'publish', event });
  }

  useServers(targets: readonly ServerTarget[]): void {
    this.#tell({ say: 'servers', targets });
  }

  drain(quietMs: number, timeoutMs: number): Promise<void> {
    return this.#ask(this.#drains, { say: 'drain', quietMs, timeoutMs });
  }

  servePage(isServed: boolean): Promise<void> {
    return this.#ask(this.#pages, { say: 'page', isServed });
  }

  async #ask(waiting: Asked[], message: ToMonitor): Promise<void> {
    if (this.#failure) throw this.#failure;
    await new Promise<void>((resolve, reject) => {
      waiting.push({ resolve, reject });
      this.#tell(message);
    });
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    this.#tell({ say: 'stop' });
    const patience = setTimeout(() => void this.#worker.terminate(), END_MS);
    await this.#exited;
    clearTimeout(patience);
  }

  #tell(message: ToMonitor): void {
    this.#worker.postMessage(message);
  }

  #onMessage(message: FromMonitor): void {
    switch (message.say) {
      case 'report':
        this.#listener.onReport(message.report);
        break;
      case 'sample':
        this.#listener.onSample?.(message.sample);
        break;
      case 'spans':
        this.#listener.onSpans?.(message.report);
        break;
      case 'notice':
        this.#listener.onNotice(message.notice);
        break;
      case 'drained':
        this.#drains.shift()?.resolve();
        break;
      case 'page-done': {
        const asked = this.#pages.shift();
        if (message.failure) asked?.reject(restoreFailure('the monitor', message.failure));
        else asked?.resolve();
        break;
      }
      case 'failed':
        this.#failure = restoreFailure('the monitor', message.failure);
    }
  }

  #tellOfDeath({ message }: Error): void {
    this.#listener.onNotice({
      load: 'monitor',
      worker: -1,
      kind: 'operation-error',
      text: message,
      atNs: nowNs(),
      count: 1,
    });
  }
}
