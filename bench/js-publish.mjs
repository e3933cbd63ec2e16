// JetStream publishes, file storage, beside `nats bench js pub`: one publisher, the same stream, sizes and window, by
// turns, connected to the stream's leader. Both are measured alike: by how many messages the stream has more at the end
// of a stretch in the middle of each run. With three replicas the stream is that of a cluster of three servers.
//
//     node bench/js-publish.mjs [--modes=async] [--replicas=1,3] [--size=128] [--window=500] [--seconds=2] [--rounds=5]
//                               [--nats=PATH] [--nats-server=PATH]      short: --seconds=1 --rounds=1
//
// Modes: sync, async, atomic (batches as large as the window holds twice; `nats bench js pub batch`), fast (stormglass only).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { jsPublish } from '../dist/generators/js-publish/js-publish.js';
import { benchDirectory } from './support/bench-directory.mjs';
import { findTool } from './support/bench-server.mjs';
import { byTurns, ratesTable } from './support/by-turns.mjs';
import { listOption, numberOption, textOption } from './support/figures.mjs';
import { runLoad } from './support/load-run.mjs';
import { machine } from './support/machine.mjs';
import { storedRate } from './support/stored-rate.mjs';
import { STREAM, SUBJECT, startStreamCluster } from './support/stream-cluster.mjs';

const WARM_UP_MS = 500;
const modes = (textOption('modes') ?? 'async').split(',');
const replicaCounts = listOption('replicas', [1, 3]);
const size = numberOption('size', 128);
const window = numberOption('window', 500);
const seconds = numberOption('seconds', 2);
const rounds = numberOption('rounds', 5);
const nats = await findTool('nats');

const directory = benchDirectory();

const THEIR_MODE = { sync: 'sync', async: 'async', atomic: 'batch' };

async function natsBench(system, mode) {
  if (!(mode in THEIR_MODE)) return Number.NaN;
  await system.purge();
  const bench = spawn(
    nats,
    [
      ...['--server', `nats://127.0.0.1:${system.port}`, 'bench', 'js', 'pub', THEIR_MODE[mode], SUBJECT],
      ...[`--stream=${STREAM}`, '--msgs=20000000', `--size=${size}B`, '--no-progress'],
      ...(mode === 'sync' ? [] : [`--batch=${window}`]),
    ],
    { stdio: 'ignore' },
  );
  const ended = once(bench, 'exit');
  const rate = await storedRate(system, { warmUpMs: WARM_UP_MS, seconds });
  if (bench.exitCode !== null) throw new Error('nats bench ended before it was measured');
  bench.kill();
  await ended;
  return rate;
}

async function stormglass(system, mode) {
  await system.purge();
  const load = {
    name: 'bench',
    kind: 'js-publish',
    domains: ['bench'],
    schedule: { mode: 'max', durationNs: WARM_UP_MS * 1e6 + (seconds + 1) * 1e9 },
    atNs: 0,
    warmUpNs: 0,
    workers: 1,
    params: jsPublish.schema.parse({
      mode,
      window: mode === 'atomic' ? 2 * window : window,
      ...(mode === 'atomic' && { 'commit-every': window }),
    }),
  };
  const events = [
    { domain: 'bench', type: 'x', subject: SUBJECT, weight: 1, size: { minBytes: size, maxBytes: size } },
  ];
  let rate;
  const { counters } = await runLoad({
    ...{ port: system.port, load, events },
    onStart: async () => {
      rate = await storedRate(system, { warmUpMs: WARM_UP_MS, seconds });
    },
  });
  const stored = await system.stored();
  if (counters.ok !== counters.sent || stored !== counters.ok) {
    throw new Error(`sent ${counters.sent}, acknowledged ${counters.ok}, stored ${stored}`);
  }
  return rate;
}

const results = [];
for (const replicas of replicaCounts) {
  const system = await startStreamCluster({ name: `r${replicas}`, directory, replicas });
  for (const mode of modes) {
    const rates = await byTurns(rounds, {
      ours: () => stormglass(system, mode),
      theirs: () => natsBench(system, mode),
    });
    results.push({ mode, replicas, ...rates });
  }
  await system.stop();
}
process.stderr.write('\n');
console.log(ratesTable({ mode: 'mode', replicas: 'replicas' }, 'k', results));
console.log(JSON.stringify({ bench: 'js-publish', size, window, seconds, rounds, machine, results }));
process.exit();
