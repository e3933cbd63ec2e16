// Publish and monitor: 16 B events over 64 subjects in 8 domains, each received, counted and its lag recorded, beside
// `nats bench pub` with `nats bench sub` on one subject; the same server, by turns. Both rates are those of the receiver:
// ours as the monitor reports it second by second, without the first, in which its code is compiled, and without what
// it catches up with after the load; theirs as `nats bench sub` prints it.
//
//     node bench/publish-monitor.mjs [--seconds=5] [--rounds=5] [--size=16] [--nats=PATH] [--nats-server=PATH]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { NS, nowNs } from '../dist/base/clock.js';
import { findTool, startBenchServer } from './support/bench-server.mjs';
import { median, numberOption, table } from './support/figures.mjs';
import { machine } from './support/machine.mjs';
import { eventsOf, monitorRate, SUBJECTS } from './support/monitor-rate.mjs';

const seconds = numberOption('seconds', 5);
const rounds = numberOption('rounds', 5);
const bytes = numberOption('size', 16);
const nats = await findTool('nats');

/** As many messages as take about as long; the figure is the subscriber's own, from its first message to its last. */
async function natsBenchRate(server, messages) {
  const url = `nats://127.0.0.1:${server.port}`;
  const bench = (...args) =>
    spawn(nats, [
      '--server',
      url,
      'bench',
      ...args,
      `--size=${bytes}B`,
      `--msgs=${messages}`,
      '--no-progress',
    ]);
  const before = (await server.varz()).subscriptions;
  const sub = bench('sub', 'bench.events');
  let said = '';
  sub.stdout.on('data', (chunk) => {
    said += chunk;
  });
  const subEnded = once(sub, 'exit');
  const giveUpNs = nowNs() + 10 * NS.s;
  while ((await server.varz()).subscriptions === before) {
    if (nowNs() > giveUpNs) throw new Error('nats bench sub does not subscribe');
  }
  const pub = bench('pub', 'bench.events');
  pub.stdout.resume();
  await Promise.all([once(pub, 'exit'), subEnded]);
  const rate = /subscriber stats: ([\d,]+) msgs\/sec/.exec(said)?.[1];
  if (rate === undefined) throw new Error(`nats bench sub said: ${said}`);
  return Number(rate.replaceAll(',', ''));
}

const server = await startBenchServer();
const ours = [];
const theirs = [];
for (let round = 0; round < rounds; round++) {
  ours.push(await monitorRate(server, eventsOf(bytes), seconds));
  theirs.push(await natsBenchRate(server, Math.round(ours[round] * seconds)));
  process.stderr.write('.');
}
await server.stop();
process.stderr.write('\n');
const ratio = median(ours) / median(theirs);
const million = (rate) => (rate / 1e6).toFixed(2);
console.log(
  table([
    [`${bytes} B, received`, 'median M/s', 'all'],
    [
      `stormglass publish + monitor, ${SUBJECTS} subjects`,
      million(median(ours)),
      ours.map(million).join(' '),
    ],
    ['nats bench pub + sub, one subject', million(median(theirs)), theirs.map(million).join(' ')],
    ['ratio', ratio.toFixed(3), ours.map((rate, i) => (rate / theirs[i]).toFixed(2)).join(' ')],
  ]),
);
console.log(
  JSON.stringify({ bench: 'publish-monitor', bytes, seconds, rounds, machine, ours, theirs, ratio }),
);
