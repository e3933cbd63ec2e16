// What the monitor costs an event with 10, 1,000 and 10,000 series, on recorded bytes, parser and all: the median over reads of
// 64 KiB, so short that what else the machine does seldom falls into one.
// Then a scrape with 10,000 series: how long it takes, and how long it keeps events waiting. That is looked at twice: by the
// longest stretch in which a page lets nothing else run, and by the lag of events that come one a millisecond to a monitor
// of its own thread, while it is scraped and while it is not. Fails where one of them is more than what is wanted.
//
//     node bench/monitor-series.mjs [--events=2000000] [--rounds=5] [--scrapes=10] [--nats-server=PATH]
//     node bench/monitor-series.mjs --events=300000 --rounds=3 --scrapes=4                     # a short look
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { NS, nowNs } from '../dist/base/clock.js';
import { LatencyHistogram } from '../dist/metrics/latency-histogram.js';
import { PhaseClock } from '../dist/metrics/phase-clock.js';
import { EventCounter } from '../dist/monitor/event-counter.js';
import { EventFigures } from '../dist/monitor/page/event-figures.js';
import { PageMaker } from '../dist/monitor/page/page-maker.js';
import { startMonitor } from '../dist/monitor/start-monitor.js';
import { WireConnection } from '../dist/wire/connection.js';
import { messageSink } from '../dist/wire/message-sink.js';
import { WireParser } from '../dist/wire/parser.js';
import { writeStamp } from '../dist/wire/stamp.js';
import { startBenchServer } from './support/bench-server.mjs';
import { median, numberOption, table } from './support/figures.mjs';
import { machine } from './support/machine.mjs';

const EVENTS = numberOption('events', 2_000_000);
const rounds = numberOption('rounds', 5);
const scrapes = numberOption('scrapes', 10);
const SERIES = [10, 1000, 10_000];
const MESSAGES = 20_000;
const READ_BYTES = 64 * 1024;
const WANTED = { factor: 2, scrapeMs: 250, delayMs: 20 };
const MONITOR_ENTRY = new URL('../dist/cli/entries/monitor.js', import.meta.url);
// Two are for `other` and for those that the counter itself makes.
const plan = {
  port: 0,
  subject: 'cim.events.>',
  domainToken: 2,
  typeToken: 3,
  ownEvents: false,
  maxSeries: 10_002,
};

const subjectOf = (series) => `cim.events.domain-${series % 100}.TypeNumber${series}`;

const costs = SERIES.map((series) => ({ series, ns: costOf(series) }));
const factor = Math.max(...costs.map(({ ns }) => ns)) / Math.min(...costs.map(({ ns }) => ns));
const page = await pageByItself();
const live = await scrapeLive();

console.log(
  table([
    ['series', 'ns an event'],
    ...costs.map(({ series, ns }) => [series, ns.toFixed(1)]),
    [`largest to smallest (wanted: ${WANTED.factor})`, factor.toFixed(2)],
  ]),
);
console.log(
  table([
    ['a page with 10,000 series', 'text', 'OpenMetrics'],
    ['made in ms of CPU', page.text.cpuMs.toFixed(1), page.openmetrics.cpuMs.toFixed(1)],
    ['longest stretch, ms', page.text.stretchMs.toFixed(1), page.openmetrics.stretchMs.toFixed(1)],
    ['MB', (page.text.bytes / 1e6).toFixed(1), (page.openmetrics.bytes / 1e6).toFixed(1)],
  ]),
);
console.log(
  table([
    ['a live monitor with 10,000 series', 'median', 'worst'],
    [`scraped in ms (wanted: ${WANTED.scrapeMs})`, ...live.scrapeMs.map((ms) => ms.toFixed(1))],
    [`the same, gzip`, ...live.zippedMs.map((ms) => ms.toFixed(1))],
    ['lag of events meanwhile, ms', ...live.scrapedLagMs.map((ms) => ms.toFixed(1))],
    ['lag of events without a scrape, ms', ...live.quietLagMs.map((ms) => ms.toFixed(1))],
    [`delay by a scrape, ms (wanted: ${WANTED.delayMs})`, '', live.delayMs.toFixed(1)],
  ]),
);
console.log(JSON.stringify({ bench: 'monitor-series', machine, costs, factor, page, live, wanted: WANTED }));
const tooMuch = [
  ...(factor > WANTED.factor ? [`an event costs ${factor.toFixed(2)} times as much`] : []),
  ...[...live.scrapeMs, ...live.zippedMs]
    .filter((ms) => ms >= WANTED.scrapeMs)
    .map((ms) => `a scrape took ${ms.toFixed(1)} ms`),
  ...(live.delayMs > WANTED.delayMs ? [`an event was delayed by ${live.delayMs.toFixed(1)} ms`] : []),
];
for (const what of tooMuch) console.error(`more than is wanted: ${what}`);
if (tooMuch.length > 0) process.exitCode = 1;

/** Nanoseconds an event, the median of the rounds: messages of all series in an order without rhyme. */
function costOf(series) {
  const frames = [];
  for (let i = 0; i < MESSAGES; i++) {
    const chosen = Math.imul(i, 7919) % series;
    frames.push(Buffer.from(`MSG ${subjectOf(chosen)} 1 16\r\n${'\0'.repeat(16)}\r\n`, 'latin1'));
  }
  const bytes = new Uint8Array(Buffer.concat(frames));
  const stampAt = [];
  let end = 0;
  for (const frame of frames) {
    end += frame.length;
    stampAt.push(end - 18);
  }
  const once = () => {
    const counter = new EventCounter({ plan, writers: [{ writer: 1, load: 'all' }] });
    const parser = new WireParser(messageSink((view) => counter.onMessage(view)));
    const costs = [];
    let events = 0;
    while (events < EVENTS) {
      const dueUs = Math.floor(nowNs() / 1000);
      for (const at of stampAt) writeStamp(bytes, at, 1, events++, dueUs);
      for (let at = 0; at + READ_BYTES <= bytes.length; at += READ_BYTES) {
        const startNs = nowNs();
        counter.onReadStart();
        parser.push(bytes.subarray(at, at + READ_BYTES));
        // The first pass meets each series for the first time.
        if (events > MESSAGES) costs.push(nowNs() - startNs);
      }
      parser.push(bytes.subarray(bytes.length - (bytes.length % READ_BYTES)));
    }
    const counted = counter.figures.totalEvents;
    if (counted !== events || counter.series.size !== series + 1 || counter.series.dropped > 0)
      throw new Error('the monitor miscounted');
    return median(costs) / (READ_BYTES / (bytes.length / MESSAGES));
  };
  once();
  return median(Array.from({ length: rounds }, once));
}

/** A counter that has seen an event of each series, its page made in this thread. */
async function pageByItself() {
  const counter = new EventCounter({ plan, writers: [] });
  const parser = new WireParser(messageSink((view) => counter.onMessage(view)));
  counter.onReadStart();
  for (let series = 0; series < 10_000; series++) {
    const event = JSON.stringify({ time: Date.now() - 5, outcome: series % 3 === 0 ? 'failed' : 'ok' });
    parser.push(Buffer.from(`MSG ${subjectOf(series)} 1 ${event.length}\r\n${event}\r\n`));
  }
  const pages = new PageMaker([new EventFigures(counter)]);
  const look = async (format) => {
    await pages.make(format);
    let stretchNs = 0;
    let lastNs = nowNs();
    let going = true;
    const turn = () => {
      const now = nowNs();
      stretchNs = Math.max(stretchNs, now - lastNs);
      lastNs = now;
      if (going) setImmediate(turn);
    };
    setImmediate(turn);
    const before = process.cpuUsage();
    const made = await pages.make(format);
    const { user, system } = process.cpuUsage(before);
    going = false;
    return { cpuMs: (user + system) / 1000, stretchMs: stretchNs / NS.ms, bytes: made.length };
  };
  return { text: await look('text'), openmetrics: await look('openmetrics') };
}

async function scrapeLive() {
  const server = await startBenchServer();
  const phaseClock = PhaseClock.create();
  phaseClock.begin('steady', nowNs());
  const lags = { scraped: new LatencyHistogram(), quiet: new LatencyHistogram() };
  let into;
  const access = { servers: [{ host: '127.0.0.1', port: server.port }] };
  const monitor = await startMonitor(
    {
      plan,
      host: '127.0.0.1',
      access,
      writers: [{ writer: 1, load: 'all' }],
      phaseClock: phaseClock.buffer,
    },
    MONITOR_ENTRY,
    {
      onReport: ({ phases }) => {
        for (const { histograms } of phases) if (into && histograms.lag) lags[into].add(histograms.lag);
      },
      onNotice: ({ text }) => {
        throw new Error(`the monitor met: ${text}`);
      },
    },
  );
  const publisher = new WireConnection({ access, name: 'bench' }, { onMessage: () => {} });
  await publisher.connect();
  try {
    for (let series = 0; series < 10_000; series++) publisher.publish(subjectOf(series), '{"outcome":"ok"}');
    await publisher.flush();
    await monitor.drained(200, 20_000);
    let sequence = 0;
    const payload = new Uint8Array(16);
    const timer = setInterval(() => {
      writeStamp(payload, 0, 1, sequence++, Math.floor(nowNs() / 1000));
      publisher.publish(subjectOf(sequence % 10_000), payload);
    }, 1);
    const seconds = { scraped: [], quiet: [] };
    const scrapeMs = [];
    const zippedMs = [];
    // A first page, so that its code is compiled, and what there was of it in the reports is gone.
    for (let i = 0; i < 3; i++) await scrape(monitor.metricsUrl);
    await sleep(2500);
    for (let i = 0; i < scrapes; i++) {
      for (const kind of ['quiet', 'scraped']) {
        lags[kind] = new LatencyHistogram();
        into = kind;
        const startMs = performance.now();
        if (kind === 'scraped') {
          scrapeMs.push(await scrape(monitor.metricsUrl));
          zippedMs.push(await scrape(monitor.metricsUrl, { 'accept-encoding': 'gzip' }));
        }
        // What came in that time is in the report of the second after.
        await sleep(2200 - (performance.now() - startMs));
        into = undefined;
        seconds[kind].push(lags[kind].max / NS.ms);
      }
    }
    clearInterval(timer);
    const figures = (values) => [median(values), Math.max(...values)];
    return {
      scrapeMs: figures(scrapeMs),
      zippedMs: figures(zippedMs),
      scrapedLagMs: figures(seconds.scraped),
      quietLagMs: figures(seconds.quiet),
      delayMs: Math.max(0, Math.max(...seconds.scraped) - median(seconds.quiet)),
    };
  } finally {
    await publisher.close();
    await monitor[Symbol.asyncDispose]();
    await server.stop();
  }
}

/** How long it took, in ms, to the last byte. */
async function scrape(url, headers = {}) {
  const startMs = performance.now();
  await new Promise((resolve, reject) => {
    get(url, { headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`the page answered ${response.statusCode}`));
      response.resume();
      response.once('end', resolve);
    }).once('error', reject);
  });
  return performance.now() - startMs;
}
