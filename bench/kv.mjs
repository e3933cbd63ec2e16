// Puts and gets of a key-value bucket, one at a time and sixteen, beside `nats bench kv put` and `get` with as many
// clients on the same server, by turns. Both are measured alike: each operation is one message into the server, whose
// own in_msgs is read over the same stretch in the middle of each run.
//
//     node bench/kv.mjs [--seconds=2] [--rounds=5] [--clients=1,16] [--nats=PATH] [--nats-server=PATH]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { kv } from '../dist/generators/kv/kv.js';
import { keyName } from '../dist/generators/kv/kv-schema.js';
import { prefill } from '../dist/generators/prefill.js';
import { findTool, startBenchServer } from './support/bench-server.mjs';
import { byTurns, ratesTable } from './support/by-turns.mjs';
import { listOption, numberOption } from './support/figures.mjs';
import { runLoad } from './support/load-run.mjs';
import { machine } from './support/machine.mjs';
import { natsBenchRate, rateOf, settledMessages } from './support/server-rate.mjs';

const KEYS = 100_000;
const WARM_UP_S = 0.5;
const seconds = numberOption('seconds', 2);
const rounds = numberOption('rounds', 5);
const clientCounts = listOption('clients', [1, 16]);
const nats = await findTool('nats');
const server = await startBenchServer({ jetstream: true });

const natsBench = (operation, clients) =>
  natsBenchRate(
    nats,
    server,
    [
      ...['kv', operation, '--bucket=benchbucket', `--clients=${clients}`],
      ...(operation === 'put'
        ? ['--size=128B', '--msgs=5000000']
        : ['--msgs=5000000', `--randomize=${KEYS}`]),
    ],
    seconds,
  );

async function stormglass(operation, clients) {
  const load = {
    name: 'kv',
    kind: 'kv',
    domains: [],
    schedule: { mode: 'closed', concurrency: clients, durationNs: (WARM_UP_S + seconds + 0.3) * 1e9 },
    atNs: 0,
    warmUpNs: 0,
    workers: 1,
    params: kv.schema.parse({ bucket: 'benchbucket', keys: KEYS, mix: { [operation]: 1 } }),
  };
  let rate;
  const before = await settledMessages(server);
  const { counters } = await runLoad({
    port: server.port,
    load,
    events: [],
    onStart: async () => {
      await sleep(WARM_UP_S * 1000);
      rate = await rateOf(server, 'in_msgs', seconds);
    },
  });
  const confirmed = (await settledMessages(server)) - before;
  if (counters.ok !== counters.sent || confirmed < counters.ok) {
    throw new Error(`sent ${counters.sent}, answered ${counters.ok}, confirmed by the server ${confirmed}`);
  }
  return rate;
}

/** All keys are there before anything is measured: its own, which make the bucket too, and ours. */
async function fill() {
  const url = `nats://127.0.0.1:${server.port}`;
  const bench = spawn(
    nats,
    ['--server', url, 'bench', 'kv', 'put', '--bucket=benchbucket', `--msgs=${KEYS}`, '--clients=16'],
    { stdio: 'ignore' },
  );
  await once(bench, 'exit');
  await prefill({
    access: { servers: [{ host: '127.0.0.1', port: server.port }] },
    what: 'the bench',
    count: KEYS,
    subjectOf: (i) => `$KV.benchbucket.${keyName(i, KEYS)}`,
    payload: Buffer.alloc(128, 'x'),
    signal: new AbortController().signal,
  });
}

await fill();
const results = [];
for (const operation of ['put', 'get']) {
  for (const clients of clientCounts) {
    const rates = await byTurns(rounds, {
      ours: () => stormglass(operation, clients),
      theirs: () => natsBench(operation, clients),
    });
    results.push({ operation, clients, ...rates });
  }
}
await server.stop();
process.stderr.write('\n');
console.log(ratesTable({ kv: 'operation', 'at a time': 'clients' }, 'k', results));
console.log(JSON.stringify({ bench: 'kv', seconds, rounds, machine, results }));
