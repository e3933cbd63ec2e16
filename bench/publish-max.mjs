// The highest rate of one publisher without subscribers, beside `nats bench pub` on the same server, by turns. Both are
// measured alike: by the server's own in_msgs, over the same stretch in the middle of each run.
//
//     node bench/publish-max.mjs [--seconds=2] [--rounds=5] [--sizes=16,128,1024] [--nats=PATH] [--nats-server=PATH]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { findTool, startBenchServer } from './support/bench-server.mjs';
import { listOption, median, numberOption, table } from './support/figures.mjs';
import { runLoad } from './support/load-run.mjs';

const WARM_UP_MS = 500;
const SUBJECT = 'bench.events';
const seconds = numberOption('seconds', 2);
const rounds = numberOption('rounds', 5);
const sizes = listOption('sizes', [16, 128, 1024]);
const nats = await findTool('nats');

/** Messages a second that the server took in, by its own counter and clock. */
async function inRate(server) {
  await sleep(WARM_UP_MS);
  const before = await server.varz();
  await sleep(seconds * 1000);
  const after = await server.varz();
  return (after.in_msgs - before.in_msgs) / ((Date.parse(after.now) - Date.parse(before.now)) / 1000);
}

/** The counter once it stands still: what is in the sockets of a client that was ended comes in later. */
async function settledMessages(server) {
  for (let last = -1; ; ) {
    const { in_msgs } = await server.varz();
    if (in_msgs === last) return in_msgs;
    last = in_msgs;
    await sleep(100);
  }
}

async function stormglassRate(server, bytes) {
  let rate;
  const load = {
    name: 'max',
    kind: 'publish',
    domains: ['bench'],
    schedule: { mode: 'max', durationNs: (WARM_UP_MS / 1000 + seconds + 0.3) * 1e9 },
    atNs: 0,
    warmUpNs: 0,
    workers: 1,
    params: { backlog: 30e9, 'max-lateness': 1e9, headers: {} },
  };
  const size = { minBytes: bytes, maxBytes: bytes };
  const before = await settledMessages(server);
  const { counters } = await runLoad({
    port: server.port,
    load,
    events: [{ domain: 'bench', type: 'T', subject: SUBJECT, weight: 1, size }],
    onStart: async () => {
      rate = await inRate(server);
    },
  });
  const confirmed = (await settledMessages(server)) - before;
  if (counters.ok !== counters.sent || confirmed !== counters.ok) {
    throw new Error(`sent ${counters.sent}, flushed ${counters.ok}, confirmed by the server ${confirmed}`);
  }
  return rate;
}

async function natsBenchRate(server, bytes) {
  const messages = String(Math.ceil(5e6 * (seconds + 1)));
  const idle = await settledMessages(server);
  const bench = spawn(
    nats,
    [
      ...['--server', `nats://127.0.0.1:${server.port}`, 'bench', 'pub', SUBJECT, '--no-progress'],
      ...['--size', `${bytes}B`, '--msgs', messages],
    ],
    { stdio: 'ignore' },
  );
  const ended = once(bench, 'exit');
  // It connects before it publishes: the stretch begins with its first messages.
  while ((await server.varz()).in_msgs < idle + 1000) await sleep(5);
  const rate = await inRate(server);
  if (bench.exitCode !== null) throw new Error('nats bench ended before it was measured');
  bench.kill();
  await ended;
  return rate;
}

const results = [];
for (const bytes of sizes) {
  const server = await startBenchServer();
  const ours = [];
  const theirs = [];
  for (let round = 0; round < rounds; round++) {
    theirs.push(await natsBenchRate(server, bytes));
    ours.push(await stormglassRate(server, bytes));
    process.stderr.write('.');
  }
  await server.stop();
  results.push({ bytes, ours, theirs, ratio: median(ours) / median(theirs) });
}
process.stderr.write('\n');
const million = (rate) => (rate / 1e6).toFixed(2);
console.log(
  table([
    ['payload', 'stormglass M/s', 'nats bench pub M/s', 'ratio', 'stormglass, all', 'nats bench pub, all'],
    ...results.map(({ bytes, ours, theirs, ratio }) => [
      `${bytes} B`,
      million(median(ours)),
      million(median(theirs)),
      ratio.toFixed(3),
      ours.map(million).join(' '),
      theirs.map(million).join(' '),
    ]),
  ]),
);
const machine = { cpus: cpus().length, model: cpus()[0]?.model, node: process.version };
console.log(JSON.stringify({ bench: 'publish-max', seconds, rounds, machine, results }));
