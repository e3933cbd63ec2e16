// What checking costs: histories of 1M, 5M, 10M and 50M operations are written to disk by the writer that loads use, opened by
// the reader, and judged by every check; beside them lie the read of the stream and those of three replicas. Prints for each
// check and for all of them the seconds, the processor time (also an operation), the peak of resident memory, and how the cost grows.
// Fails when ten million take ten seconds or a gigabyte, or when an operation costs more the more of them there are.
//
//     node bench/checkers.mjs [--sizes=1,5,10,50] (millions) [--histories=publish,consume,bucket] [--checks=NAME,…]
//                             short: --sizes=0.2,0.4
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { benchDirectory } from './support/bench-directory.mjs';
import { listOption, table, textOption } from './support/figures.mjs';
import { HISTORY_CHECKS } from './support/made-histories.mjs';

const MIB = 1024 * 1024;
/** Of ten million operations. */
const MOST_SECONDS = 10;
const MOST_BYTES = 1e9;
/** Caches and pages cost more where there is more to hold; what grows with the square of it is far beyond. */
const MOST_GROWTH = 2;
const sizes = listOption('sizes', [1, 5, 10, 50]).map((millions) => Math.round(millions * 1e6));
const histories = (textOption('histories') ?? Object.keys(HISTORY_CHECKS).join()).split(',');
const only = textOption('checks')?.split(',');

const directory = benchDirectory();

/** In a process of its own, whose memory nothing else has touched. */
async function check(history, operations, checks) {
  const place = join(directory, `${history}-${operations}`);
  const run = async (task) => {
    const child = fork(new URL('support/check-histories.mjs', import.meta.url), {
      execArgv: ['--expose-gc'],
    });
    child.send({ task, history, operations, place, checks });
    const [[answer]] = await Promise.race([
      Promise.all([once(child, 'message')]),
      once(child, 'exit').then(() => {
        throw new Error(`checking ${operations} operations of ${history} ended without an answer`);
      }),
    ]);
    child.disconnect();
    return answer;
  };
  const { bytes } = await run('write');
  const answer = await run('check');
  rmSync(place, { recursive: true, force: true });
  return { ...answer, diskBytes: bytes };
}

const seconds = (ms) => (ms / 1000).toFixed(2);
const mib = (bytes) => Math.round(bytes / MIB).toLocaleString('en');
const failures = [];

for (const history of histories) {
  const checks = HISTORY_CHECKS[history].filter((name) => only === undefined || only.includes(name));
  if (checks.length === 0) continue;
  const rows = [['', 'operations', 's', 'CPU s', 'CPU ns/operation', 'peak MiB', 'verdict']];
  const perOperation = new Map();
  for (const operations of sizes) {
    const { base, results, total, diskBytes } = await check(history, operations, checks);
    const millions = (operations / 1e6).toLocaleString('en');
    rows.push([
      `reads in memory (history on disk: ${mib(diskBytes)} MiB)`,
      `${millions}M`,
      '',
      '',
      mib(base),
      '',
    ]);
    for (const { name, ms, cpuMs, peakBytes, verdict } of [
      ...results,
      { name: 'in all', ...total, verdict: '' },
    ]) {
      const ns = (cpuMs * 1e6) / operations;
      perOperation.set(name, [...(perOperation.get(name) ?? []), ns]);
      rows.push([name, `${millions}M`, seconds(ms), seconds(cpuMs), ns.toFixed(0), mib(peakBytes), verdict]);
      if (name !== 'in all' && verdict !== 'pass')
        failures.push(`${name} says ${verdict} of a sound history`);
    }
    if (operations === 10e6 && total.ms > MOST_SECONDS * 1000)
      failures.push(`${history}: 10M took ${seconds(total.ms)} s`);
    if (operations === 10e6 && total.peakBytes > MOST_BYTES)
      failures.push(`${history}: 10M took ${mib(total.peakBytes)} MiB`);
  }
  console.log(`\n${history}\n${table(rows)}`);
  if (sizes.length < 2) continue;
  for (const [name, ns] of perOperation) {
    const growth = ns.at(-1) / ns[0];
    console.log(`${name}: an operation of the largest costs ${growth.toFixed(2)} times one of the smallest`);
    if (name === 'in all' && growth > MOST_GROWTH)
      failures.push(`${history}: an operation costs ${growth.toFixed(2)} times as much among more of them`);
  }
}
for (const failure of failures) console.error(failure);
process.exitCode = failures.length > 0 ? 1 : 0;
