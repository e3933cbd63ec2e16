// What an event of JSON costs the monitor, by what is followed in it: recorded bytes through the parser, the reader and the books
// of workflows, agents and declared metrics. No server and no socket; the median and the lowest of the rounds. Fails when one
// of them counted wrong.
//
//     node bench/monitor-bodies.mjs [--events=1000000] [--rounds=5] [--agents=100000] [--open=10000]
import { cpus } from 'node:os';
import { MONITOR_SECTIONS } from '../dist/app/plugins.js';
import { nowNs, wallMs } from '../dist/base/clock.js';
import { EventCounter } from '../dist/monitor/event-counter.js';
import { parseMonitorConfig } from '../dist/scenario/resolve-monitor.js';
import { WireParser } from '../dist/wire/parser.js';
import { median, numberOption, table } from './support/figures.mjs';

const EVENTS = numberOption('events', 1_000_000);
const rounds = numberOption('rounds', 5);
const agents = numberOption('agents', 100_000);
const open = numberOption('open', 10_000);
const READ_BYTES = 64 * 1024;
const SUBJECTS = 64;
const BODY_BYTES = 128;
const STEPS = ['OrderStarted', 'OrderPriced', 'OrderPacked', 'OrderSent', 'OrderCompleted'];
const METRIC = `metrics:
  - { name: orders_value_euros_total, type: counter, help: What was ordered., unit: euros, field: amount, from: { domain: orders }, labels: { country: country } }
`;

/** Each with the number of messages that a block has, the message of a number, and what a metric must show after so many blocks. */
const cases = [
  {
    what: 'no field that is looked for',
    messages: 20_000,
    messageOf: (n) => [`domain-${n % 8}.Type${n % SUBJECTS}`, { note: 'nothing', number_of_the_day: n }],
  },
  {
    what: 'time and outcome',
    messages: 20_000,
    messageOf: (n) => [
      `domain-${n % 8}.Type${n % SUBJECTS}`,
      { time: isoNow(), outcome: n % 100 ? 'success' : 'failure' },
    ],
  },
  {
    what: `and its workflow, ${open.toLocaleString('en')} open at a time`,
    messages: open * STEPS.length,
    // The step of all, then the next: so many are open at a time. Ids are new in each block.
    messageOf: (n, block) => [
      `orders.${STEPS[Math.floor(n / open)]}`,
      { time: isoNow(), correlationId: `${block}-${n % open}` },
    ],
    shows: (blocks) => ['cim_workflow_completed_total', open * blocks],
  },
  {
    what: `heartbeats of ${agents.toLocaleString('en')} agents`,
    messages: agents,
    messageOf: (n) => ['fleet.AgentHeartbeat', { time: isoNow(), agent: `agent-${n}` }],
    shows: () => ['cim_agent_known', agents],
  },
  {
    what: 'a declared counter with a label, time',
    messages: 20_000,
    config: METRIC,
    messageOf: (n) => ['orders.OrderPlaced', { time: isoNow(), amount: 2, country: `C${n % 50}` }],
    shows: (blocks) => ['orders_value_euros_total', 2 * 20_000 * blocks],
  },
];

const results = cases.map((each) => ({ what: each.what, ...measure(each) }));
console.log(`${BODY_BYTES} B of JSON, one event a message`);
console.log(
  table([
    ['', 'ns an event', 'lowest'],
    ...results.map(({ what, ns, lowest }) => [what, ns.toFixed(0), lowest.toFixed(0)]),
  ]),
);
const machine = { cpus: cpus().length, model: cpus()[0]?.model, node: process.version };
console.log(
  JSON.stringify({ bench: 'monitor-bodies', events: EVENTS, rounds, agents, open, machine, results }),
);

/** Each block is recorded anew, outside the time that is taken: its times are those of now. */
function measure({ messages, messageOf, config = '{}', shows }) {
  const plan = parseMonitorConfig(config, 'the bench', MONITOR_SECTIONS);
  const all = Array.from({ length: rounds + 1 }, () => {
    const counter = new EventCounter({ plan, writers: [] });
    const parser = new WireParser(sink((view) => counter.onMessage(view)));
    const blocks = Math.max(1, Math.round(EVENTS / messages));
    let spentNs = 0;
    for (let block = 0; block < blocks; block++) {
      const bytes = record(messages, (n) => messageOf(n, block));
      const startNs = nowNs();
      for (let at = 0; at < bytes.length; at += READ_BYTES) {
        counter.onReadStart();
        parser.push(bytes.subarray(at, at + READ_BYTES));
      }
      spentNs += nowNs() - startNs;
    }
    const [name, wanted] = shows?.(blocks) ?? [];
    const shown = name === undefined ? undefined : sumOf(counter.books, name);
    const counted = counter.figures.totalEvents;
    if (shown !== wanted || counted !== messages * blocks)
      throw new Error(`the monitor miscounted: ${counted} events, ${name} ${shown}, not ${wanted}`);
    return spentNs / counted;
  }).slice(1);
  return { ns: median(all), lowest: Math.min(...all) };
}

function sumOf(books, name) {
  for (const book of books) {
    for (const family of book.families()) {
      if (family.name === name) return [...family.samples].reduce((sum, { value }) => sum + value, 0);
    }
  }
  return undefined;
}

/** Messages of one length, as a server sends them. */
function record(messages, messageOf) {
  const frames = Array.from({ length: messages }, (_, n) => {
    const [subject, fields] = messageOf(n);
    const bare = JSON.stringify({ ...fields, filler: '' });
    const body = JSON.stringify({ ...fields, filler: 'x'.repeat(BODY_BYTES - bare.length) });
    return `MSG cim.events.${subject} 1 ${body.length}\r\n${body}\r\n`;
  });
  // What a socket reads into: no Buffer, and memory of its own.
  return new TextEncoder().encode(frames.join(''));
}

function isoNow() {
  return new Date(wallMs()).toISOString();
}

function sink(message) {
  const nothing = () => {};
  return { message, info: nothing, ping: nothing, pong: nothing, ok: nothing, error: nothing };
}
