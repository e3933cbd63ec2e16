import { MessageChannel } from 'node:worker_threads';
import { LOAD_KINDS } from '../../src/app/plugins.js';
import { NS, nowNs } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import type {
  EventWriter,
  GeneratorTask,
  IntervalReport,
  LoadCounter,
  LoadMeasure,
  LoadNotice,
  ServerAccess,
} from '../../src/contracts/load.js';
import type { EventKind } from '../../src/contracts/plan/events.js';
import type { LoadPlan } from '../../src/contracts/plan/loads.js';
import type { LoadSchedule } from '../../src/contracts/plan/schedule.js';
import type { WorkerSample } from '../../src/contracts/resources.js';
import type { SpanReport, TraceTask } from '../../src/contracts/trace.js';
import { runGeneratorWorker } from '../../src/generators/generator-worker.js';
import type { LoadKind } from '../../src/generators/load-kind.js';
import type { FromLoadWorker, ToLoadWorker } from '../../src/generators/worker-messages.js';
import { LatencyHistogram } from '../../src/metrics/latency-histogram.js';
import { PhaseClock } from '../../src/metrics/phase-clock.js';

export const steadyRate = (perSec: number, seconds: number): LoadSchedule => ({
  mode: 'open',
  arrival: { kind: 'constant' },
  unit: 'operations',
  stages: [{ fromPerSec: perSec, toPerSec: perSec, durationNs: seconds * NS.s }],
});

export const ORDERS: readonly EventKind[] = [
  { domain: 'orders', type: 'Placed', subject: 'cim.events.orders.Placed', weight: 3, size: bytes(16, 64) },
  { domain: 'orders', type: 'Paid', subject: 'cim.events.orders.Paid', weight: 1, size: bytes(128, 128) },
  { domain: 'other', type: 'Seen', subject: 'cim.events.other.Seen', weight: 1, size: bytes(16, 16) },
];

function bytes(minBytes: number, maxBytes: number) {
  return { minBytes, maxBytes };
}

export interface TestLoadOptions {
  readonly access: ServerAccess;
  readonly kind: string;
  readonly schedule: LoadSchedule;
  readonly atNs?: number;
  readonly warmUpNs?: number;
  /** Parameters that the kind's schema has no default for, as a scenario writes them. */
  readonly required?: Readonly<Record<string, unknown>>;
  /** Beside the defaults of the kind's schema; resolved: durations are nanoseconds. */
  readonly params?: Readonly<Record<string, unknown>>;
  readonly worker?: number;
  readonly workers?: number;
  readonly writer?: number;
  readonly events?: readonly EventKind[];
  readonly historyFile?: string;
  readonly writers?: readonly EventWriter[];
  readonly metricsUrl?: string;
  readonly trace?: TraceTask;
  /** Kinds of the test's own, beside those that there are. */
  readonly ownKinds?: readonly LoadKind[];
}

export function taskOf(options: TestLoadOptions, phaseClock = PhaseClock.create()): GeneratorTask {
  const kind = [...LOAD_KINDS, ...(options.ownKinds ?? [])].find((each) => each.kind === options.kind);
  if (!kind) throw new RangeError(`no kind of load is called ${options.kind}`);
  const load: LoadPlan = {
    name: 'orders',
    kind: options.kind,
    domains: ['orders'],
    schedule: options.schedule,
    atNs: options.atNs ?? 0,
    warmUpNs: options.warmUpNs ?? 0,
    workers: options.workers ?? 1,
    // A machine that is busy with other tests shall not make an operation a dropped one, or one without an answer.
    params: {
      ...kind.schema.parse(options.required ?? {}),
      'max-lateness': 60 * NS.s,
      'ack-timeout': 60 * NS.s,
      ...options.params,
    },
  };
  return {
    runId: 'test',
    seed: 5,
    load,
    events: options.events ?? ORDERS,
    worker: options.worker ?? 0,
    writer: options.writer ?? 0,
    eventTokens: { domain: 2, type: 3 },
    access: options.access,
    connectionName: `test ${options.worker ?? 0}`,
    phaseClock: phaseClock.buffer,
    ...(options.historyFile !== undefined && { historyFile: options.historyFile }),
    ...(options.writers && { writers: options.writers }),
    ...(options.metricsUrl !== undefined && { metricsUrl: options.metricsUrl }),
    ...(options.trace && { trace: options.trace }),
  };
}

/** Makes loads of one kind, on this schedule unless told; `required` is what its schema has no default for. */
export const loadsOf =
  (kind: string, schedule: LoadSchedule) =>
  (
    { access }: { readonly access: ServerAccess },
    required: Readonly<Record<string, unknown>> = {},
    options: Partial<TestLoadOptions> = {},
  ) =>
    new LoadUnderTest({ access, kind, schedule, required, ...options });

/** One generator worker on this thread, as its conductor sees it. */
export class LoadUnderTest {
  readonly phaseClock = PhaseClock.create();
  readonly reports: IntervalReport[] = [];
  readonly notices: LoadNotice[] = [];
  readonly samples: WorkerSample[] = [];
  readonly spanReports: SpanReport[] = [];
  readonly task: GeneratorTask;
  readonly #said: FromLoadWorker[] = [];
  readonly #port;
  readonly #ended: Promise<void>;
  startNs = 0;

  constructor(options: TestLoadOptions) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.on('message', (message: FromLoadWorker) => {
      this.#said.push(message);
      if (message.say === 'report') this.reports.push(message.report);
      if (message.say === 'notice') this.notices.push(message.notice);
      if (message.say === 'sample') this.samples.push(message.sample);
      if (message.say === 'spans') this.spanReports.push(message.report);
    });
    this.task = taskOf(options, this.phaseClock);
    this.#ended = runGeneratorWorker(port2, this.task, [...LOAD_KINDS, ...(options.ownKinds ?? [])]);
  }

  async ready(): Promise<void> {
    await waitFor(() => this.#said.length > 0, { timeoutMs: 60_000, everyMs: 5 });
    this.#throwFailure();
  }

  async start(): Promise<void> {
    await this.ready();
    this.startNs = Math.ceil((nowNs() + 5 * NS.ms) / NS.us) * NS.us;
    this.#tell({ say: 'start', atNs: this.startNs });
  }

  stop(): void {
    this.#tell({ say: 'stop' });
  }

  async finished(): Promise<void> {
    await this.#ended;
    const isOver = () => ['finished', 'failed'].includes(this.#said.at(-1)?.say ?? '');
    await waitFor(isOver, { timeoutMs: 60_000, everyMs: 5 });
    this.#throwFailure();
  }

  count(counter: LoadCounter): number {
    let sum = 0;
    for (const { phases } of this.reports) for (const { counters } of phases) sum += counters[counter] ?? 0;
    return sum;
  }

  histogram(measure: LoadMeasure): LatencyHistogram {
    const sum = new LatencyHistogram();
    for (const { phases } of this.reports) {
      for (const { histograms } of phases) if (histograms[measure]) sum.add(histograms[measure]);
    }
    return sum;
  }

  /** Starts it and waits for its end. */
  async run(): Promise<void> {
    await this.start();
    await this.finished();
  }

  noticesOf(kind: LoadNotice['kind']): LoadNotice[] {
    return this.notices.filter((notice) => notice.kind === kind);
  }

  /** What went wrong with operations, once each: a notice comes once a report. */
  get operationErrors(): string[] {
    return [...new Set(this.noticesOf('operation-error').map(({ text }) => text))];
  }

  #tell(message: ToLoadWorker): void {
    this.#port.postMessage(message);
  }

  #throwFailure(): void {
    const last = this.#said.at(-1);
    if (last?.say === 'failed') throw new Error(`${last.failure.exit ?? 'crash'}: ${last.failure.message}`);
  }
}
