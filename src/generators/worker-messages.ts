import type { ThreadFailure } from '../base/thread-failure.js';
import type { IntervalReport, LoadNotice } from '../contracts/load.js';
import type { WorkerSample } from '../contracts/resources.js';

/** What the conductor's thread says to a worker of a load. */
export type ToLoadWorker = { readonly say: 'start'; readonly atNs: number } | { readonly say: 'stop' };

/** What a worker says; `finished` or `failed` is its last word. */
export type FromLoadWorker =
  | { readonly say: 'ready' }
  | { readonly say: 'report'; readonly report: IntervalReport }
  /** Follows each report: what the thread used meanwhile. */
  | { readonly say: 'sample'; readonly sample: WorkerSample }
  | { readonly say: 'notice'; readonly notice: LoadNotice }
  | { readonly say: 'finished' }
  | { readonly say: 'failed'; readonly failure: ThreadFailure };
