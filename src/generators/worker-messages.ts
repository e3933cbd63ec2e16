import type { ThreadFailure } from '../base/thread-failure.js';
import type { Crowd, GeneratorTask, IntervalReport, LoadNotice } from '../contracts/load.js';
import type { WorkerSample } from '../contracts/resources.js';
import type { SpanReport } from '../contracts/trace.js';
import type { ClockPhase } from '../metrics/phase-clock.js';

/** What the conductor's thread says to a worker of a load. */
export type ToLoadWorker = { readonly say: 'start'; readonly atNs: number } | { readonly say: 'stop' };

/** What it says to one in a process of its own, which shares no memory with it: first its task, then also the phases. */
export type ToGeneratorProcess =
  | { readonly say: 'task'; readonly task: Omit<GeneratorTask, 'phaseClock'> }
  | { readonly say: 'phase'; readonly phase: ClockPhase; readonly atNs: number }
  | ToLoadWorker;

/** What a worker says; `finished` or `failed` is its last word. */
export type FromLoadWorker =
  | { readonly say: 'ready'; readonly crowd?: Crowd }
  | { readonly say: 'report'; readonly report: IntervalReport }
  /** Follows each report: what the thread used meanwhile. */
  | { readonly say: 'sample'; readonly sample: WorkerSample }
  | { readonly say: 'spans'; readonly report: SpanReport }
  | { readonly say: 'notice'; readonly notice: LoadNotice }
  | { readonly say: 'finished' }
  | { readonly say: 'failed'; readonly failure: ThreadFailure };
