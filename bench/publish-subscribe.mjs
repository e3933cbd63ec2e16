// One publisher and one subscriber, beside `nats bench pub` and `nats bench sub` on the same server, by turns. Both are
// measured alike: by the server's own out_msgs, what it delivered to the subscriber, over the same stretch in the middle
// of each run. Stormglass stamps each event, and its subscriber follows each writer and records each event's lag.
//
//     node bench/publish-subscribe.mjs [--seconds=2] [--rounds=5] [--sizes=16,128] [--nats=PATH] [--nats-server=PATH]
//                                      short: --seconds=0.5 --rounds=1
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { publish } from '../dist/generators/publish.js';
import { subscribe } from '../dist/generators/subscribe/subscribe.js';
import { findTool } from './support/bench-server.mjs';
import { byTurnsForSizes, ratesTable } from './support/by-turns.mjs';
import { listOption, numberOption } from './support/figures.mjs';
import { runLoads } from './support/load-run.mjs';
import { machine } from './support/machine.mjs';
import { rateOf } from './support/server-rate.mjs';

const WARM_UP_S = 0.5;
const SUBJECT = 'bench.events';
const seconds = numberOption('seconds', 2);
const rounds = numberOption('rounds', 5);
const sizes = listOption('sizes', [16, 128]);
const nats = await findTool('nats');

/** What the server delivers, once it is warm. */
async function outRate(server) {
  await sleep(WARM_UP_S * 1000);
  return rateOf(server, 'out_msgs', seconds);
}

async function stormglassRate(server, bytes) {
  const common = { domains: ['bench'], atNs: 0, warmUpNs: 0, workers: 1 };
  const durationNs = (WARM_UP_S + seconds + 0.3) * 1e9;
  let rate;
  const { counters, notices } = await runLoads({
    port: server.port,
    loads: [
      {
        ...common,
        name: 'pub',
        kind: 'publish',
        schedule: { mode: 'max', durationNs },
        params: publish.schema.parse({}),
      },
      {
        ...common,
        name: 'sub',
        kind: 'subscribe',
        schedule: { mode: 'follow' },
        params: subscribe.schema.parse({}),
      },
    ],
    events: [
      { domain: 'bench', type: 'T', subject: SUBJECT, weight: 1, size: { minBytes: bytes, maxBytes: bytes } },
    ],
    onStart: async () => {
      rate = await outRate(server);
    },
  });
  const { pub, sub } = counters;
  if (pub.ok !== pub.sent || sub.received !== pub.ok || sub.lost) {
    const met = notices.map(({ text }) => text).join('; ');
    throw new Error(`sent ${pub.sent}, received ${sub.received}, lost ${sub.lost ?? 0}: ${met}`);
  }
  return rate;
}

async function natsBenchRate(server, bytes) {
  const common = ['--server', `nats://127.0.0.1:${server.port}`, 'bench'];
  const many = ['--no-progress', `--msgs=${Math.ceil(5e6 * (seconds + 1))}`, `--size=${bytes}B`];
  const start = (...args) => {
    const child = spawn(nats, [...common, ...args, SUBJECT, ...many], { stdio: 'ignore' });
    return { child, ended: once(child, 'exit') };
  };
  const { subscriptions } = await server.varz();
  const sub = start('sub');
  while ((await server.varz()).subscriptions === subscriptions) await sleep(5);
  const { out_msgs } = await server.varz();
  const pub = start('pub');
  while ((await server.varz()).out_msgs < out_msgs + 1000) await sleep(5);
  const rate = await outRate(server);
  if (pub.child.exitCode !== null) throw new Error('nats bench ended before it was measured');
  for (const { child, ended } of [pub, sub]) {
    child.kill();
    await ended;
  }
  return rate;
}

const results = await byTurnsForSizes(sizes, rounds, { ours: stormglassRate, theirs: natsBenchRate });
console.log(ratesTable({ 'payload, B': 'bytes' }, 'M', results));
console.log(JSON.stringify({ bench: 'publish-subscribe', seconds, rounds, machine, results }));
