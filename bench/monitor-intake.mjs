// What the monitor takes in, beside `nats bench sub`: the same load, as fast as it goes, over 64 subjects of one server, is
// received by the one and by the other, by turns. The monitor counts each event by subject, takes its lag and follows its
// sequence; `nats bench sub` counts. Its rate is its own, from its first message to its last. Fails where the ratio is below what
// is wanted.
//
//     node bench/monitor-intake.mjs [--seconds=5] [--rounds=5] [--size=16] [--nats=PATH] [--nats-server=PATH]
//     node bench/monitor-intake.mjs --seconds=3 --rounds=1                                     # a short look
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { findTool, startBenchServer } from './support/bench-server.mjs';
import { median, numberOption, table } from './support/figures.mjs';
import { machine } from './support/machine.mjs';
import { eventsOf, monitorRate, SUBJECTS, sendAtMost } from './support/monitor-rate.mjs';

const WANTED_RATIO = 0.9;
const seconds = numberOption('seconds', 5);
const rounds = numberOption('rounds', 5);
const bytes = numberOption('size', 16);
const nats = await findTool('nats');
const events = eventsOf(bytes);

/** It ends by itself when it has so many messages: fewer than are sent in that time, whoever receives them. */
async function natsBenchRate(server, messages) {
  const url = `nats://127.0.0.1:${server.port}`;
  const before = (await server.varz()).subscriptions;
  const sub = spawn(nats, [
    ...['--server', url, 'bench', 'sub', 'cim.events.>'],
    ...[`--size=${bytes}B`, `--msgs=${messages}`, '--no-progress'],
  ]);
  let said = '';
  sub.stdout.on('data', (chunk) => {
    said += chunk;
  });
  const ended = once(sub, 'exit');
  while ((await server.varz()).subscriptions === before) {
    if (sub.exitCode !== null) throw new Error(`nats bench sub ended: ${said}`);
    await sleep(5);
  }
  await sendAtMost({ port: server.port, events, seconds: seconds + 1 });
  const late = AbortSignal.timeout(20_000);
  late.addEventListener('abort', () => sub.kill());
  await ended;
  const rate = /subscriber stats: ([\d,]+) msgs\/sec/.exec(said)?.[1];
  if (rate === undefined) throw new Error(`nats bench sub had not ${messages} messages in time: ${said}`);
  return Number(rate.replaceAll(',', ''));
}

const server = await startBenchServer();
const ours = [];
const theirs = [];
for (let round = 0; round < rounds; round++) {
  ours.push(await monitorRate(server, events, seconds));
  theirs.push(await natsBenchRate(server, Math.round(ours[round] * seconds * 0.6)));
  process.stderr.write('.');
}
await server.stop();
process.stderr.write('\n');
const ratios = ours.map((rate, i) => rate / theirs[i]);
const ratio = median(ratios);
const million = (rate) => (rate / 1e6).toFixed(2);
console.log(
  table([
    [`${bytes} B over ${SUBJECTS} subjects, received`, 'median M/s', 'all'],
    ['the monitor: counts, lag, sequence', million(median(ours)), ours.map(million).join(' ')],
    ['nats bench sub', million(median(theirs)), theirs.map(million).join(' ')],
    [`ratio (wanted: ${WANTED_RATIO})`, ratio.toFixed(3), ratios.map((each) => each.toFixed(2)).join(' ')],
  ]),
);
console.log(
  JSON.stringify({
    bench: 'monitor-intake',
    bytes,
    seconds,
    rounds,
    machine,
    ours,
    theirs,
    ratio,
    wanted: WANTED_RATIO,
  }),
);
process.exitCode = ratio < WANTED_RATIO ? 1 : 0;
