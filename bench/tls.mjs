// What TLS costs: the highest rate of one publisher without and with it, beside `nats bench pub` without and with it, by
// turns, each on a server of its own. Measured by the servers' own in_msgs, over a stretch in the middle of each run.
//
//     node bench/tls.mjs [--seconds=2] [--rounds=5] [--size=128] [--nats=PATH] [--nats-server=PATH]
import { join } from 'node:path';
import { processClusterSchema } from '../dist/clusters/process-cluster-schema.js';
import { startProcessCluster } from '../dist/clusters/start-process-cluster.js';
import { benchDirectory } from './support/bench-directory.mjs';
import { findTool } from './support/bench-server.mjs';
import { median, numberOption, table } from './support/figures.mjs';
import { machine } from './support/machine.mjs';
import { maxPublishRate } from './support/max-publisher.mjs';
import { natsBenchRate } from './support/server-rate.mjs';

const SUBJECT = 'bench.events';
const seconds = numberOption('seconds', 2);
const rounds = numberOption('rounds', 5);
const bytes = numberOption('size', 128);
const nats = await findTool('nats');
const serverPath = await findTool('nats-server');

const directory = benchDirectory();

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

const stormglassRate = async (server) =>
  (await maxPublishRate({ server, access: server.access, subject: SUBJECT, bytes, seconds })).rate;

const theirRate = (server) => {
  const messages = String(Math.ceil(5e6 * (seconds + 1)));
  return natsBenchRate(nats, server, ['pub', SUBJECT, '--size', `${bytes}B`, '--msgs', messages], seconds);
};

const servers = { plain: await startServer('plain', {}), tls: await startServer('tls', { tls: true }) };
const rates = { plain: { ours: [], theirs: [] }, tls: { ours: [], theirs: [] } };
try {
  for (let round = 0; round < rounds; round++) {
    for (const [name, server] of Object.entries(servers)) {
      rates[name].theirs.push(await theirRate(server));
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
console.log(JSON.stringify({ bench: 'tls', bytes, seconds, rounds, machine, results, kept }));
