// What TLS costs: the highest rate of one publisher without and with it, beside `nats bench pub` without and with it, by
// turns, each on a server of its own. Measured by the servers' own in_msgs, over a stretch in the middle of each run.
//
//     node bench/tls.mjs [--seconds=2] [--rounds=5] [--size=128] [--nats=PATH] [--nats-server=PATH]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProcessCluster } from '../dist/clusters/process-cluster.js';
import { processClusterSchema } from '../dist/clusters/process-cluster-schema.js';
import { findTool } from './support/bench-server.mjs';
import { median, numberOption, table } from './support/figures.mjs';
import { runLoad } from './support/load-run.mjs';

const WARM_UP_MS = 500;
const SUBJECT = 'bench.events';
const seconds = numberOption('seconds', 2);
const rounds = numberOption('rounds', 5);
const bytes = numberOption('size', 128);
const nats = await findTool('nats');
const serverPath = await findTool('nats-server');

const directory = mkdtempSync(join(tmpdir(), 'stormglass-bench-'));
process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

async function startServer(name, params) {
  const workDir = join(directory, name);
  const cluster = await startProcessCluster(
    processClusterSchema.parse({ nodes: 1, jetstream: false, ...params }),
    {
      runId: `bench-${name}-${process.pid}`,
      logDir: join(directory, 'logs'),
      workDir,
      stateDir: join(directory, 'state'),
      serverPath,
      links: { routes: false, clients: false },
      signal: new AbortController().signal,
      onNodeEvent: () => {},
    },
  );
  const [node] = cluster.nodes;
  return {
    cluster,
    access: cluster.access,
    args: [
      ...['--server', `nats://127.0.0.1:${node.clientPort}`],
      ...(params.tls ? ['--tlsca', join(workDir, 'tls', 'ca.crt')] : []),
    ],
    varz: async () => (await fetch(`${node.monitorUrl}/varz`)).json(),
  };
}

async function inRate(server) {
  await sleep(WARM_UP_MS);
  const before = await server.varz();
  await sleep(seconds * 1000);
  const after = await server.varz();
  return (after.in_msgs - before.in_msgs) / ((Date.parse(after.now) - Date.parse(before.now)) / 1000);
}

async function stormglassRate(server) {
  let rate;
  const size = { minBytes: bytes, maxBytes: bytes };
  const { counters } = await runLoad({
    access: server.access,
    load: {
      name: 'max',
      kind: 'publish',
      domains: ['bench'],
      schedule: { mode: 'max', durationNs: (WARM_UP_MS / 1000 + seconds + 0.3) * 1e9 },
      atNs: 0,
      warmUpNs: 0,
      workers: 1,
      params: { backlog: 30e9, 'max-lateness': 1e9, headers: {} },
    },
    events: [{ domain: 'bench', type: 'T', subject: SUBJECT, weight: 1, size }],
    onStart: async () => {
      rate = await inRate(server);
    },
  });
  if (counters.ok !== counters.sent) throw new Error(`sent ${counters.sent}, flushed ${counters.ok}`);
  return rate;
}

async function natsBenchRate(server) {
  const idle = (await server.varz()).in_msgs;
  const messages = String(Math.ceil(5e6 * (seconds + 1)));
  const bench = spawn(
    nats,
    [
      ...server.args,
      ...['bench', 'pub', SUBJECT, '--no-progress', '--size', `${bytes}B`, '--msgs', messages],
    ],
    { stdio: 'ignore' },
  );
  const ended = once(bench, 'exit');
  // It connects before it publishes: the stretch begins with its first messages.
  while ((await server.varz()).in_msgs < idle + 1000) {
    if (bench.exitCode !== null) throw new Error('nats bench ended before it began');
    await sleep(5);
  }
  const rate = await inRate(server);
  if (bench.exitCode !== null) throw new Error('nats bench ended before it was measured');
  bench.kill();
  await ended;
  await sleep(200);
  return rate;
}

const servers = { plain: await startServer('plain', {}), tls: await startServer('tls', { tls: true }) };
const rates = { plain: { ours: [], theirs: [] }, tls: { ours: [], theirs: [] } };
try {
  for (let round = 0; round < rounds; round++) {
    for (const [name, server] of Object.entries(servers)) {
      rates[name].theirs.push(await natsBenchRate(server));
      rates[name].ours.push(await stormglassRate(server));
      process.stderr.write('.');
    }
  }
} finally {
  for (const { cluster } of Object.values(servers)) await cluster[Symbol.asyncDispose]();
}
process.stderr.write('\n');
const million = (rate) => (rate / 1e6).toFixed(2);
const results = Object.entries(rates).map(([name, { ours, theirs }]) => ({
  name,
  ours: median(ours),
  theirs: median(theirs),
  ratio: median(ours) / median(theirs),
}));
console.log(
  table([
    [`${bytes} B`, 'stormglass M/s', 'nats bench pub M/s', 'ratio'],
    ...results.map(({ name, ours, theirs, ratio }) => [
      name,
      million(ours),
      million(theirs),
      ratio.toFixed(3),
    ]),
  ]),
);
const [plain, tls] = results;
const kept = tls.ours / plain.ours;
console.log(`with TLS, stormglass keeps ${(100 * kept).toFixed(0)} % of its rate`);
const machine = { cpus: cpus().length, model: cpus()[0]?.model, node: process.version };
console.log(JSON.stringify({ bench: 'tls', bytes, seconds, rounds, machine, results, kept }));
