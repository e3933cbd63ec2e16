// A stream read from its beginning to its end, beside `nats bench js consume`, `fetch` and `ordered`: the same stream,
// batches and acknowledgements, by turns, each with a consumer of its own. `nats bench` counts from its first message to
// its last, stormglass from when it begins to pull.
//
//     node bench/js-consume.mjs [--messages=500000] [--size=128] [--rounds=5] [--batch=500] [--nats=PATH]
//                               [--nats-server=PATH]      short: --messages=100000 --rounds=1
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { jsConsume } from '../dist/generators/js-consume/js-consume.js';
import { findTool, startBenchServer } from './support/bench-server.mjs';
import { median, numberOption, table } from './support/figures.mjs';
import { runLoad } from './support/load-run.mjs';
import { machine } from './support/machine.mjs';

const STREAM = 'benchstream';
const THEIR_CONSUMER = 'nats-bench';
const messages = numberOption('messages', 500_000);
const size = numberOption('size', 128);
const rounds = numberOption('rounds', 5);
const batch = numberOption('batch', 500);
const nats = await findTool('nats');
const server = await startBenchServer({ jetstream: true });
const run = promisify(execFile);

const natsBench = async (...args) => {
  const { stdout } = await run(
    nats,
    ['--server', `nats://127.0.0.1:${server.port}`, 'bench', 'js', ...args, '--no-progress'],
    { timeout: 300_000 },
  );
  const rate = /stats: ([\d,]+) msgs\/sec/.exec(stdout)?.[1];
  if (!rate) throw new Error(`nats bench said no rate: ${stdout}`);
  return Number(rate.replaceAll(',', ''));
};

const common = [`--msgs=${messages}`, `--size=${size}B`, `--batch=${batch}`, `--stream=${STREAM}`];
const theirs = {
  consume: () => natsBench('consume', ...common),
  fetch: () => natsBench('fetch', ...common),
  ordered: () => natsBench('ordered', ...common),
};

async function stormglass(mode) {
  const load = {
    name: mode,
    kind: 'js-consume',
    domains: [],
    schedule: { mode: 'follow', durationNs: 10e6 },
    atNs: 0,
    warmUpNs: 0,
    workers: 1,
    params: jsConsume.schema.parse({
      ...{ stream: STREAM, mode, batch, until: 'drained', 'drain-within': '5m' },
      'max-ack-pending': batch,
    }),
  };
  const access = { servers: [{ host: '127.0.0.1', port: server.port }] };
  const tidy = await jsConsume.prepare(load, {
    ...{ runId: 'bench', seed: 1, access, nodes: [], recordUndo: () => {} },
    scene: { streams: [], events: [], loads: [load], isExternal: true, defaultStorage: 'file' },
    signal: new AbortController().signal,
  });
  const { reports, counters } = await runLoad({ port: server.port, load, events: [] });
  await tidy();
  const answered = mode === 'ordered' ? messages : counters.ok;
  if (counters.received !== messages || answered !== messages) {
    throw new Error(`${mode}: ${messages} messages, received ${counters.received}, answered ${counters.ok}`);
  }
  const drained = reports.flatMap(({ phases }) =>
    phases.flatMap(({ histograms }) => histograms.drain_time ?? []),
  );
  return messages / (drained[0].max / 1e9);
}

const connection = await connect({ servers: `127.0.0.1:${server.port}` });
const manager = await jetstreamManager(connection);
await natsBench('pub', 'async', 'benchsubject', ...common, '--create', '--storage=file', '--replicas=1');

const results = [];
for (const mode of ['consume', 'fetch', 'ordered']) {
  const rates = { ours: [], theirs: [] };
  for (let round = 0; round < rounds; round++) {
    rates.theirs.push(await theirs[mode]());
    await manager.consumers.delete(STREAM, THEIR_CONSUMER).catch(() => {});
    rates.ours.push(await stormglass(mode));
    process.stderr.write('.');
  }
  results.push({ mode, ...rates, ratio: median(rates.ours) / median(rates.theirs) });
}
await connection.close();
await server.stop();
process.stderr.write('\n');
const thousand = (rate) => (rate / 1e3).toFixed(0);
console.log(
  table([
    ['mode', 'stormglass k/s', 'nats bench k/s', 'ratio', 'stormglass, all', 'nats bench, all'],
    ...results.map(({ mode, ours, theirs, ratio }) => [
      ...[mode, thousand(median(ours)), thousand(median(theirs)), ratio.toFixed(3)],
      ...[ours.map(thousand).join(' '), theirs.map(thousand).join(' ')],
    ]),
  ]),
);
console.log(JSON.stringify({ bench: 'js-consume', messages, size, batch, rounds, machine, results }));
