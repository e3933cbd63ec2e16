import { NS, nowNs } from '../base/clock.js';
import { PreflightError, UsageError } from '../base/errors.js';
import { waitFor, withDeadline } from '../base/wait.js';
import type { MonitorHandle, MonitorListener, MonitorTask } from '../contracts/monitor.js';
import { WorkerVitals } from '../metrics/worker-vitals.js';
import { ReceiveTracer } from '../traces/receive-tracer.js';
import { SpanRecorder } from '../traces/span-recorder.js';
import { WireConnection } from '../wire/connection.js';
import { EventCounter } from './event-counter.js';
import { OwnVoice } from './own-voice.js';
import { EventFigures } from './page/event-figures.js';
import { startMetricsServer } from './page/metrics-server.js';
import { PageMaker } from './page/page-maker.js';
import { sightSource } from './page/sight-figures.js';
import { Partition } from './partition/partition.js';
import { makeProbes } from './servers/make-probes.js';
import { Sight } from './sight.js';

const REPORT_EVERY_MS = 1000;
/** A server that does not answer so long is away: nothing comes from it. */
const ANSWER_WITHIN_MS = 2000;
/** A server that stands still is given up for another after two of these without an answer. */
const PING_EVERY_MS = 1000;

/**
 * Starts the event→metric service in this thread: resolves when it is subscribed and its page is served. Throws a
 * PreflightError when the port is taken or no server lets it in, a UsageError when the subject is none. From then on
 * it looks after its connection itself.
 *
 * @param maxSeries pairs of domain and type to tell apart; 10,000 unless told
 */
export async function startMonitorService(
  task: MonitorTask,
  listener: MonitorListener,
  maxSeries?: number,
): Promise<MonitorHandle> {
  const { plan, host, access } = task;
  checkSubject(plan.subject);
  const counter = new EventCounter(task, maxSeries);
  const spanRecorder = task.trace && new SpanRecorder(task.trace, 'stormglass-monitor');
  counter.receiveTracer = spanRecorder && new ReceiveTracer(spanRecorder);
  const sight = new Sight(
    (notice) => listener.onNotice(notice),
    (isSeeing) => counter.onSight(isSeeing),
  );
  const voice = new OwnVoice(task, {
    wire: () => wire,
    onMessage: (view) => counter.onOwnMessage(view),
    onNotice: (notice) => listener.onNotice(notice),
  });
  // Of several, the one that counts what is said of servers: it hears that even while there is none.
  const asks = plan.partition === undefined || new Partition(plan.partition, plan).ownsDomain('nats');
  const probes = asks ? makeProbes(task, voice) : undefined;
  const pages: PageMaker = new PageMaker([
    new EventFigures(counter),
    sightSource(
      () => sight.figures(),
      () => pages.lastSeconds,
    ),
    ...counter.books,
    ...(probes ? [probes] : []),
  ]);
  const server = await startMetricsServer({
    host,
    port: plan.port,
    page: (format) => pages.make(format),
    unhealthy: () => sight.blindness,
  });

  const wire: WireConnection = new WireConnection(
    {
      access,
      name: task.connectionName ?? 'stormglass monitor',
      pingEveryMs: PING_EVERY_MS,
      // What it says itself, it counts itself: once, and even while there is no server.
      echo: false,
    },
    {
      ...voice.around(sight.listener),
      onReadStart: () => counter.onReadStart(),
      onMessage: (view) => counter.onMessage(view),
    },
  );
  const vitals = new WorkerVitals({ role: 'monitor', sockets: () => [wire] });
  const report = () => {
    counter.tick();
    for (const each of counter.loads.takeReports(nowNs())) listener.onReport(each);
    const sample = vitals.sample();
    if (sample) listener.onSample?.(sample);
    const spans = spanRecorder?.take();
    if (spans) listener.onSpans?.(spans);
  };
  let timer: NodeJS.Timeout | undefined;
  const close = async () => {
    clearInterval(timer);
    vitals.stop();
    await probes?.stop();
    voice.end();
    await wire.close();
    await server[Symbol.asyncDispose]();
  };
  try {
    wire.subscribe(plan.subject);
    await wire.connect();
    // When the PONG is here, the server has the subscription, or has said why it does not take it.
    await wire.flush();
    if (sight.refusal !== undefined) throw new PreflightError(`the monitor may not listen: ${sight.refusal}`);
  } catch (thrown) {
    await close();
    throw thrown;
  }
  probes?.start();
  vitals.start();
  timer = setInterval(report, REPORT_EVERY_MS);
  return {
    metricsUrl: server.metricsUrl,
    publish: (event) => voice.publish(event),
    useServers: (targets) => probes?.useTargets(targets),
    drained: async (quietMs, timeoutMs) => {
      const calledNs = nowNs();
      // Quiet may only be slow: this answer comes behind all that the server had for us when it was asked.
      const answered = wire.flush();
      await withDeadline(answered, Math.min(timeoutMs, ANSWER_WITHIN_MS), 'the answer').catch(() => {});
      await waitFor(() => nowNs() - Math.max(counter.lastEventNs, calledNs) >= quietMs * NS.ms, {
        timeoutMs: timeoutMs - (nowNs() - calledNs) / NS.ms,
        everyMs: 20,
      });
      // What is missing now stays missing.
      counter.loads.tick();
      report();
    },
    [Symbol.asyncDispose]: close,
  };
}

/** It goes into a protocol line as it stands. */
function checkSubject(subject: string): void {
  const tokens = subject.split('.');
  const isSubject = tokens.every(
    (token, i) => token !== '' && !/\s/.test(token) && (token !== '>' || i === tokens.length - 1),
  );
  if (!isSubject) throw new UsageError(`not a subject to listen to: ${JSON.stringify(subject)}`);
}
