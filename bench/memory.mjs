// Does the memory of a run grow with its length? Runs a load and watches the resident memory of stormglass itself.
//
//   npm run build && node bench/memory.mjs [seconds, 180 unless told]
//
// Prints the memory every ten seconds and, from the second quarter of the load on, the slope of a straight line
// through it (least squares). Servers are processes of their own and do not count.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const seconds = Number(process.argv[2] ?? 180);
const place = mkdtempSync(join(tmpdir(), 'stormglass-memory-'));
const scenario = join(place, 'memory.yaml');
writeFileSync(
  scenario,
  `version: 1
name: memory
seed: 1
cluster: { driver: process, nodes: 3 }
events:
  subject: cim.events.{domain}.{type}
  mix:
    - { domain: orders, types: 8, size: 128B }
    - { domain: telemetry, types: 64, size: 16B }
streams: [{ name: ORDERS, subjects: [cim.events.orders.>], replicas: 3, storage: file }]
load:
  - { name: orders, kind: js-publish, domains: [orders], rate: 2k/s, for: ${seconds}s }
  - { name: firehose, kind: publish, domains: [telemetry], rate: 100k/s, for: ${seconds}s }
checks: [acked-loss]
monitor: { port: 0 }
`,
);

const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const run = spawn(process.execPath, [main, 'run', scenario, '--out', join(place, 'reports')], {
  stdio: ['ignore', 'ignore', 'pipe'],
});
let said = '';
run.stderr.on('data', (chunk) => {
  said += chunk;
});

const residentMiB = () =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${run.pid}/status`, 'utf8'))?.[1]) / 1024;
const samples = [];
let loadSince;
const timer = setInterval(() => {
  if (loadSince === undefined && /\bload\b/.test(said)) loadSince = process.hrtime()[0];
  if (loadSince === undefined || run.exitCode !== null) return;
  const t = process.hrtime()[0] - loadSince;
  if (t > seconds - 2) return;
  samples.push([t, residentMiB()]);
  if (t % 10 === 0) console.log(`${String(t).padStart(5)} s  ${samples.at(-1)[1].toFixed(1)} MiB`);
}, 1000);

run.on('close', (code) => {
  clearInterval(timer);
  rmSync(place, { recursive: true, force: true });
  const steady = samples.filter(([t]) => t >= seconds / 4);
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanT, meanM] = [mean(steady.map(([t]) => t)), mean(steady.map(([, m]) => m))];
  const slope =
    steady.reduce((sum, [t, m]) => sum + (t - meanT) * (m - meanM), 0) /
    steady.reduce((sum, [t]) => sum + (t - meanT) ** 2, 0);
  const result = {
    bench: 'memory',
    exitCode: code,
    seconds,
    meanMiB: Number(meanM.toFixed(1)),
    maxMiB: Number(Math.max(...steady.map(([, m]) => m)).toFixed(1)),
    slopeKiBPerSec: Number((slope * 1024).toFixed(2)),
  };
  console.log(
    `\nmean ${result.meanMiB} MiB, highest ${result.maxMiB} MiB, slope ${result.slopeKiBPerSec} KiB/s`,
  );
  console.log(JSON.stringify(result));
  process.exitCode = code === 0 ? 0 : 1;
});
