import { NS, nowNs } from '../base/clock.js';
import { PreflightError, UsageError } from '../base/errors.js';
import { waitFor, withDeadline } from '../base/wait.js';
import type { MonitorHandle, MonitorListener, MonitorTask } from '../contracts/monitor.js';
import { WorkerVitals } from '../metrics/worker-vitals.js';
import { ReceiveTracer } from '../traces/receive-tracer.js';
import { SpanRecorder } from '../traces/span-recorder.js';
import { CLOSED_BY_US, WireConnection } from '../wire/connection.js';
import { EventCounter } from './event-counter.js';
import { EventSubscription } from './event-subscription.js';
import { FirstSight } from './first-sight.js';
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

export interface MonitorService extends MonitorHandle {
  /** Resolves with why when one that waited for a server is refused by the first that it finds. It is blind then. */
  readonly failed: Promise<Error>;
}

/**
 * Starts the event→metric service in this thread: resolves when it is subscribed and its page is served, or, where it
 * waits for a server, when its page is served and no server can be reached. Throws a PreflightError when the port is taken
 * or no server lets it in, a UsageError when the subject is none. From then on it looks after its connection itself.
 *
 * @param maxSeries pairs of domain and type to tell apart; 10,000 unless told
 */
export async function startMonitorService(
  task: MonitorTask,
  listener: MonitorListener,
  maxSeries?: number,
): Promise<MonitorService> {
  const { plan, host, access } = task;
  checkSubject(plan.subject);
  const counter = new EventCounter(task, maxSeries);
  const spanRecorder = task.trace && new SpanRecorder(task.trace, 'stormglass-monitor');
  counter.receiveTracer = spanRecorder && new ReceiveTracer(spanRecorder);
  const voice = new OwnVoice(task, {
    wire: () => wire,
    onMessage: (view) => counter.onOwnMessage(view),
    onNotice: (notice) => listener.onNotice(notice),
  });
  const sight = new Sight({
    onNotice: (notice) => listener.onNotice(notice),
    onSight: (isSeeing, atNs) => counter.onSight(isSeeing, atNs),
    say: (event) => voice.publish(event),
  });
  // Of several, the one that counts what is said of servers: it hears that even while there is none.
  const asks = plan.partition === undefined || new Partition(plan.partition, plan).ownsDomain('nats');
  const probes = asks ? makeProbes(task, voice, (notice) => listener.onNotice(notice)) : undefined;
  const pages: PageMaker = new PageMaker([
    new EventFigures(counter),
    sightSource(
      () => sight.figures(),
      () => pages,
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

  const first = new FirstSight();
  const subscription = new EventSubscription({
    subject: plan.subject,
    wire: () => wire,
    onTaken: () => {
      sight.onTaken();
      first.onTaken();
    },
    onRefused: (text) => {
      // What ends it is not told as something that it lives with.
      if (first.isOver) sight.onSubscriptionRefused(text);
      else first.fail(mayNotListen(plan.subject, text));
    },
  });
  // When the socket was read last: the last word of a server that stands still.
  let heardNs = nowNs();
  const wire: WireConnection = new WireConnection(
    {
      access,
      name: task.connectionName ?? 'stormglass monitor',
      pingEveryMs: PING_EVERY_MS,
      // What it says itself, it counts itself: once, and even while there is no server.
      echo: false,
    },
    {
      onConnected: (server) => {
        sight.onConnected(server);
        voice.onConnected();
        subscription.onConnected();
      },
      onDisconnected: (reason, isUnanswered) => {
        subscription.onDisconnected();
        if (reason === CLOSED_BY_US) return;
        if (!first.isOver && !task.waitsForServer)
          first.fail(new PreflightError(`cannot connect: ${reason}`));
        sight.onDisconnected(reason, isUnanswered ? heardNs : nowNs());
      },
      onRefused: (refusing, reason) => sight.onRefused(refusing, reason),
      onServerError: (text) => {
        if (!voice.onServerError(text) && !subscription.onServerError(text)) sight.onServerError(text);
      },
      onReadStart: () => {
        counter.onReadStart();
        heardNs = counter.readNs;
      },
      onMessage: (view) => counter.onMessage(view),
    },
  );
  const vitals = new WorkerVitals({ role: 'monitor', sockets: () => [wire] });
  const report = () => {
    // Who is silent is judged by what the server has had a chance to say.
    counter.tick(sight.blindness === undefined ? heardNs : nowNs());
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
    sight.end();
    await wire.close();
    await server[Symbol.asyncDispose]();
  };
  try {
    subscription.begin();
    await first.of(wire, task.waitsForServer ? (reason) => sight.waitForServer(reason) : undefined);
  } catch (thrown) {
    await close();
    throw thrown;
  }
  probes?.start();
  vitals.start();
  timer = setInterval(report, REPORT_EVERY_MS);
  return {
    metricsUrl: server.metricsUrl,
    failed: first.failed,
    publish: (event) => voice.publish(event),
    useServers: (targets) => probes?.useTargets(targets),
    servePage: (_url, isServed) => server.serve(isServed),
    drained: async (quietMs, timeoutMs) => {
      const calledNs = nowNs();
      const leftMs = () => timeoutMs - (nowNs() - calledNs) / NS.ms;
      /** Quiet may only be slow: this answer comes behind all that the server had for us when it was asked. */
      const answered = () => {
        const withinMs = Math.max(1, Math.min(leftMs(), ANSWER_WITHIN_MS));
        return withDeadline(wire.flush(), withinMs, 'the answer').catch(() => {});
      };
      const isQuiet = () => nowNs() - Math.max(counter.lastEventNs, calledNs) >= quietMs * NS.ms;
      await answered();
      while (await waitFor(isQuiet, { timeoutMs: leftMs(), everyMs: 20 })) {
        // So it looks after a standstill of our own, too: what came meanwhile has not been read yet.
        await answered();
        if (isQuiet() || leftMs() <= 0) break;
      }
      counter.settle();
      report();
    },
    [Symbol.asyncDispose]: close,
  };
}

function mayNotListen(subject: string, text: string): PreflightError {
  return new PreflightError(`the monitor may not listen: ${text}`, {
    hint: `Let its user subscribe to ${subject}, or have it listen to something else (--subject, monitor.pattern).`,
  });
}

/** It goes into a protocol line as it stands. */
function checkSubject(subject: string): void {
  const tokens = subject.split('.');
  const isSubject = tokens.every(
    (token, i) => token !== '' && !/\s/.test(token) && (token !== '>' || i === tokens.length - 1),
  );
  if (!isSubject) throw new UsageError(`not a subject to listen to: ${JSON.stringify(subject)}`);
}
