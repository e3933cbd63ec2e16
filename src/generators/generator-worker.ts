import { messageOf, PreflightError, StormglassError } from '../base/errors.js';
import { seededRandom } from '../base/random.js';
import { describeFailure } from '../base/thread-failure.js';
import type { GeneratorTask, IntervalReport } from '../contracts/load.js';
import { LoadRecorder } from '../metrics/load-recorder.js';
import { PhaseClock } from '../metrics/phase-clock.js';
import { warmUpEndNs } from '../metrics/schedule-end.js';
import { WorkerVitals } from '../metrics/worker-vitals.js';
import { ReceiveTracer } from '../traces/receive-tracer.js';
import { SpanRecorder } from '../traces/span-recorder.js';
import { CLOSED_BY_US, WireConnection, type WireListener } from '../wire/connection.js';
import { EventTracer } from './event-tracer.js';
import { LibraryConnection } from './library-connection.js';
import type { LoadKind, Traffic } from './load-kind.js';
import { LoadLoop } from './load-loop.js';
import { NoticeBook } from './notice-book.js';
import type { PacedParams } from './paced-schema.js';
import { createPacer, type Pacer } from './pacer.js';
import type { FromLoadWorker, ToLoadWorker } from './worker-messages.js';

/** A generator's end of the line to its conductor: a MessagePort, or what stands for one. */
export interface GeneratorPort {
  postMessage(message: FromLoadWorker, transfer?: ArrayBuffer[]): void;
  on(event: 'message', listener: (message: ToLoadWorker) => void): unknown;
  close(): void;
}

/**
 * The main function of a generator thread: connects, waits for the start, keeps the schedule, and reports about once
 * a second. Resolves, with the port closed, when every operation has an outcome. What goes wrong is told to the
 * conductor, and never thrown.
 *
 * @param kinds the kinds of load there are
 */
export async function runGeneratorWorker(
  port: GeneratorPort,
  task: GeneratorTask,
  kinds: Iterable<LoadKind>,
): Promise<void> {
  const tell = (message: FromLoadWorker, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);
  try {
    await generate(port, task, kinds, tell);
    tell({ say: 'finished' });
  } catch (error) {
    tell({ say: 'failed', failure: describeFailure(error) });
  } finally {
    port.close();
  }
}

async function generate(
  port: GeneratorPort,
  task: GeneratorTask,
  kinds: Iterable<LoadKind>,
  tell: (message: FromLoadWorker, transfer?: ArrayBuffer[]) => void,
): Promise<void> {
  const { runId, load, worker, writer, access, seed, historyFile } = task;
  const kind = [...kinds].find((candidate) => candidate.kind === load.kind);
  if (!kind) throw new RangeError(`no kind of load is called ${load.kind}`);
  const params = load.params as Partial<PacedParams>;
  const notices = new NoticeBook();
  const connections: WireConnection[] = [];
  let loop: LoadLoop | undefined;
  const vitals = new WorkerVitals({
    role: 'generator',
    load: load.name,
    worker,
    sockets: () => connections,
    restedNs: () => loop?.restedNs ?? 0,
  });

  const spanRecorder = task.trace && new SpanRecorder(task.trace, `stormglass-${load.name}`);
  const tellSpans = () => {
    const spans = spanRecorder?.take();
    if (spans) tell({ say: 'spans', report: spans });
  };

  const traffic: Traffic = kind.create({
    runId,
    load,
    events: task.events.filter(({ domain }) => load.domains.includes(domain)),
    worker,
    writer,
    eventTokens: task.eventTokens,
    seed,
    random: seededRandom(seed, `load/${load.name}/${worker}`),
    ...(historyFile !== undefined && { historyFile }),
    connection: (listener, nth = 0, manners = {}) => {
      const connection = new WireConnection(
        { access, firstServer: worker + nth, name: task.connectionName, echo: false, ...manners },
        withNotices(listener, notices),
      );
      connections.push(connection);
      return connection;
    },
    library: () => LibraryConnection.open(access, task.connectionName, notices),
    access,
    connectionName: task.connectionName,
    notices,
    ...(spanRecorder && {
      tracer: new EventTracer(spanRecorder, load.name, writer),
      receiveTracer: new ReceiveTracer(spanRecorder),
    }),
    writers: task.writers ?? [],
    ...(task.metricsUrl !== undefined && { metricsUrl: task.metricsUrl }),
    onRoom: () => loop?.wake(),
  });

  const order = new StartOrder(port, () => loop?.stop());
  try {
    await traffic.open();
    const pacer = pacerOf(task, traffic);
    tell({ say: 'ready', ...(traffic.crowd && { crowd: traffic.crowd }) });
    const startNs = await order.start;
    // Both words may have come in one piece, before this went on.
    if (startNs === undefined || order.isStopped) return;
    const overdueNs =
      typeof load.params.overdue === 'number' ? load.params.overdue : Number.POSITIVE_INFINITY;
    const recorder = new LoadRecorder({
      load: load.name,
      worker,
      phaseClock: new PhaseClock(task.phaseClock),
      overdueNs,
      startNs,
      firstNs: startNs + load.atNs,
      warmUpEndNs: warmUpEndNs(load),
    });
    loop = new LoadLoop({
      traffic,
      run: {
        pacer,
        startNs: startNs + load.atNs,
        recorder,
      },
      // Kinds that nobody keeps waiting have none.
      backlogNs: params.backlog ?? Number.POSITIVE_INFINITY,
      maxLatenessNs: params['max-lateness'] ?? Number.POSITIVE_INFINITY,
      onReport: (report) => {
        tell({ say: 'report', report }, buffersOf(report));
        const sample = vitals.sample();
        if (sample) tell({ say: 'sample', sample });
        tellSpans();
        for (const notice of notices.take(load.name, worker)) tell({ say: 'notice', notice });
      },
    });
    vitals.start();
    await loop.run();
  } finally {
    vitals.stop();
    await traffic.close();
    tellSpans();
    for (const notice of notices.take(load.name, worker)) tell({ say: 'notice', notice });
  }
}

/** Refused before the load starts: a rate in bytes that its operations cannot keep. */
function pacerOf({ load, worker, seed }: GeneratorTask, { meanBytes }: Traffic): Pacer {
  try {
    return createPacer(load.schedule, worker, load.workers, { seed, name: load.name, meanBytes });
  } catch (error) {
    if (error instanceof StormglassError) throw error;
    const hint = 'write the rate in operations, such as 5k/s, or make it higher';
    throw new PreflightError(`load ${load.name}: ${messageOf(error)}`, { cause: error, hint });
  }
}

/** The conductor's two words, whichever comes first. */
class StartOrder {
  /** When to start; undefined when there is nothing to start any more. */
  readonly start: Promise<number | undefined>;
  isStopped = false;

  constructor(port: GeneratorPort, onStop: () => void) {
    this.start = new Promise((resolve) => {
      port.on('message', (message: ToLoadWorker) => {
        resolve(message.say === 'start' ? message.atNs : undefined);
        if (message.say !== 'stop') return;
        this.isStopped = true;
        onStop();
      });
    });
  }
}

/** Nothing that a connection meets is swallowed, whatever the kind of load makes of it. */
function withNotices(listener: WireListener, notices: NoticeBook): WireListener {
  let wasConnected = false;
  return {
    ...listener,
    onConnected: (server) => {
      if (wasConnected) notices.add('reconnected', `to ${server.host}:${server.port}`);
      wasConnected = true;
      listener.onConnected?.(server);
    },
    onDisconnected: (reason, isUnanswered) => {
      if (reason !== CLOSED_BY_US) notices.add('disconnected', reason);
      listener.onDisconnected?.(reason, isUnanswered);
    },
    onRefused: (server, reason) => {
      notices.add('server-error', `${server.host}:${server.port} refused a reconnection: ${reason}`);
      listener.onRefused?.(server, reason);
    },
    onServerError: (text) => {
      notices.addServerError(text);
      listener.onServerError?.(text);
    },
  };
}

/** The large parts of a report go over without a copy. */
function buffersOf(report: IntervalReport): ArrayBuffer[] {
  const buffers: ArrayBuffer[] = [];
  for (const { histograms } of report.phases) {
    for (const { counts, censored } of Object.values(histograms)) {
      buffers.push(counts.buffer as ArrayBuffer);
      if (censored) buffers.push(censored.counts.buffer as ArrayBuffer);
    }
  }
  return buffers;
}
