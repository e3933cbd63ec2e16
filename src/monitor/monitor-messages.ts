import type { ThreadFailure } from '../base/thread-failure.js';
import type { IntervalReport, LoadNotice } from '../contracts/load.js';
import type { ServerTarget } from '../contracts/monitor.js';
import type { OwnEvent } from '../contracts/own-event.js';
import type { WorkerSample } from '../contracts/resources.js';
import type { SpanReport } from '../contracts/trace.js';

/** What the conductor's thread says to the monitor's. */
export type ToMonitor =
  | { readonly say: 'drain'; readonly quietMs: number; readonly timeoutMs: number }
  | { readonly say: 'publish'; readonly event: OwnEvent }
  | { readonly say: 'servers'; readonly targets: readonly ServerTarget[] }
  | { readonly say: 'page'; readonly isServed: boolean }
  | { readonly say: 'stop' };

/** What the monitor's thread says; `stopped` or `failed` is its last word. */
export type FromMonitor =
  | { readonly say: 'ready'; readonly metricsUrl: string }
  | { readonly say: 'report'; readonly report: IntervalReport }
  | { readonly say: 'sample'; readonly sample: WorkerSample }
  | { readonly say: 'spans'; readonly report: SpanReport }
  | { readonly say: 'notice'; readonly notice: LoadNotice }
  | { readonly say: 'drained' }
  | { readonly say: 'page-done'; readonly failure?: ThreadFailure }
  | { readonly say: 'stopped' }
  | { readonly say: 'failed'; readonly failure: ThreadFailure };
