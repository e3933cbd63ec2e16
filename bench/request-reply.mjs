// Requests one at a time and fifty, beside `nats bench service request` with as many clients: the same server, and the
// same responder for both, `nats bench service serve`; then both with the responder of stormglass. By turns, and measured
// alike: each operation is two messages into the server, whose own in_msgs is read over the same stretch in the middle of
// each run.
//
//     node bench/request-reply.mjs [--seconds=2] [--rounds=5] [--clients=1,50] [--nats=PATH] [--nats-server=PATH]
//                                  short: --seconds=0.5 --rounds=1
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from '../dist/generators/request/request.js';
import { service } from '../dist/generators/service/service.js';
import { findTool, startBenchServer } from './support/bench-server.mjs';
import { ratesTable } from './support/by-turns.mjs';
import { listOption, median, numberOption } from './support/figures.mjs';
import { runLoad, startResponder } from './support/load-run.mjs';
import { machine } from './support/machine.mjs';
import { natsBenchRate, rateOf } from './support/server-rate.mjs';

const WARM_UP_S = 0.5;
const SUBJECT = 'bench.requests';
const REPLY_BYTES = 2;
const size = { minBytes: 128, maxBytes: 128 };
const events = [{ domain: 'bench', type: 'T', subject: SUBJECT, weight: 1, size }];
const common = { domains: ['bench'], atNs: 0, warmUpNs: 0, workers: 1 };
const seconds = numberOption('seconds', 2);
const rounds = numberOption('rounds', 5);
const clientCounts = listOption('clients', [1, 50]);
const nats = await findTool('nats');
const server = await startBenchServer();

/** `nats bench service serve`; it answers with two bytes. */
async function theirResponder() {
  const { subscriptions } = await server.varz();
  const url = `nats://127.0.0.1:${server.port}`;
  const child = spawn(nats, ['--server', url, 'bench', 'service', 'serve', SUBJECT], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  while ((await server.varz()).subscriptions === subscriptions) await sleep(5);
  return async () => {
    child.kill();
    await ended;
  };
}

const ourResponder = () =>
  startResponder({
    port: server.port,
    load: {
      ...common,
      name: 'responder',
      kind: 'service',
      schedule: { mode: 'follow', durationNs: 600e9 },
      params: service.schema.parse({ subject: SUBJECT, 'reply-size': `${REPLY_BYTES}B` }),
    },
    events,
  });

async function stormglassRate(clients) {
  let rate;
  const { counters } = await runLoad({
    port: server.port,
    load: {
      ...common,
      name: 'requests',
      kind: 'request',
      schedule: { mode: 'closed', concurrency: clients, durationNs: (WARM_UP_S + seconds + 0.3) * 1e9 },
      params: request.schema.parse({ subject: SUBJECT }),
    },
    events,
    onStart: async () => {
      await sleep(WARM_UP_S * 1000);
      rate = (await rateOf(server, 'in_msgs', seconds)) / 2;
    },
  });
  if (counters.ok !== counters.sent || counters.reply_bytes !== REPLY_BYTES * counters.ok) {
    throw new Error(`sent ${counters.sent}, answered ${counters.ok} with ${counters.reply_bytes} B`);
  }
  return rate;
}

const natsRate = async (clients) => {
  const args = ['service', 'request', SUBJECT, '--size=128B', `--clients=${clients}`, '--msgs=50000000'];
  return (await natsBenchRate(nats, server, args, seconds)) / 2;
};

const results = [];
for (const [responder, startIt] of [
  ['nats bench', theirResponder],
  ['stormglass', ourResponder],
]) {
  for (const clients of clientCounts) {
    const ours = [];
    const theirs = [];
    for (let round = 0; round < rounds; round++) {
      const end = await startIt();
      theirs.push(await natsRate(clients));
      ours.push(await stormglassRate(clients));
      await end();
      process.stderr.write('.');
    }
    results.push({ responder, clients, ours, theirs, ratio: median(ours) / median(theirs) });
  }
}
await server.stop();
process.stderr.write('\n');
console.log(ratesTable({ responder: 'responder', 'at a time': 'clients' }, 'k', results));
console.log(JSON.stringify({ bench: 'request-reply', seconds, rounds, machine, results }));
