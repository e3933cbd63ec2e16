// What the shape of subjects costs a server: how deep they are, how many there are, and how they are subscribed to. One
// publisher of `rate: max`, 16 B events, one subscriber that reads and forgets; messages a second by the server's own
// counter, and its CPU time for each by the system's.
//
//     node bench/subject-sweep.mjs [--short] [--seconds=1] [--rounds=5] [--nats-server=PATH]
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBenchServer } from './support/bench-server.mjs';
import { discard } from './support/discard.mjs';
import { median, numberOption, table } from './support/figures.mjs';
import { runLoad } from './support/load-run.mjs';
import { machine } from './support/machine.mjs';

const short = process.argv.includes('--short');
const seconds = numberOption('seconds', short ? 0.5 : 1);
const rounds = numberOption('rounds', short ? 1 : 5);
const WARM_UP_MS = 300;
/** Of a clock tick, which the system counts CPU time in. */
const TICK_US = 10_000;

/** `first.a.b.….e17`: so many tokens, the last of them one of so many. */
const subjectsOf = ({ depth, count, token = 'abcdef' }) =>
  Array.from({ length: count }, (_, i) =>
    ['bench', ...Array.from({ length: depth - 2 }, () => token), `e${i}`].join('.'),
  );

/** What subscribes: nobody, each subject by its name, the last token by a wildcard, or everything. */
const PATTERNS = {
  nobody: () => [],
  literal: (subjects) => subjects,
  '*': (subjects) => [subjects[0].replace(/[^.]+$/, '*')],
  '>': () => ['bench.>'],
  '* everywhere': (subjects) => [subjects[0].replace(/[^.]+/g, '*')],
  '> and 1,000 literals beside': () => [
    'bench.>',
    ...Array.from({ length: 1000 }, (_, i) => `other.l${i}.x`),
  ],
  '> and 1,000 wildcards beside': () => [
    'bench.>',
    ...Array.from({ length: 1000 }, (_, i) => `other.w${i}.*`),
  ],
  '> and 1,000 wildcards before it': (subjects) => [
    'bench.>',
    ...Array.from({ length: 1000 }, (_, i) => `*.${subjects[0].split('.').slice(1, -1).join('.')}.w${i}`),
  ],
};

const sweeps = {
  'tokens in a subject': [2, 3, 4, 6, 8, 12, 16].map((depth) => ({ depth, count: 1, by: 'literal' })),
  'the length of 16 tokens in 3': [{ depth: 3, count: 1, by: 'literal', token: 'a'.repeat(14 * 7 - 1) }],
  'number of subjects, subscribed by >': [1, 64, 512, 1000, 2000, 10_000, 50_000].map((count) => ({
    depth: 4,
    count,
    by: '>',
  })),
  'number of subjects, subscribed one by one': [1, 64, 1000, 10_000].map((count) => ({
    depth: 4,
    count,
    by: 'literal',
  })),
  'how 64 subjects are subscribed to': Object.keys(PATTERNS).map((by) => ({ depth: 4, count: 64, by })),
  'how 10,000 subjects are subscribed to': ['nobody', 'literal', '*', '>', '* everywhere'].map((by) => ({
    depth: 4,
    count: 10_000,
    by,
  })),
};

async function measure(shape) {
  const server = await startBenchServer();
  const subjects = subjectsOf(shape);
  const patterns = PATTERNS[shape.by](subjects);
  const end = patterns.length > 0 ? await discard(server.port, patterns) : async () => {};
  let figures;
  const durationNs = (WARM_UP_MS / 1000 + seconds + 0.2) * 1e9;
  await runLoad({
    port: server.port,
    load: {
      name: 'max',
      kind: 'publish',
      domains: ['bench'],
      schedule: { mode: 'max', durationNs },
      atNs: 0,
      warmUpNs: 0,
      workers: 1,
      params: { backlog: 30e9, 'max-lateness': 1e9, headers: {} },
    },
    events: subjects.map((subject, i) => ({
      domain: 'bench',
      type: `e${i}`,
      subject,
      weight: 1,
      size: { minBytes: 16, maxBytes: 16 },
    })),
    onStart: async () => {
      await sleep(WARM_UP_MS);
      const before = await lookAt(server);
      await sleep(seconds * 1000);
      const after = await lookAt(server);
      const messages = after.in_msgs - before.in_msgs;
      const delivered = after.out_msgs - before.out_msgs;
      const spanSec = (Date.parse(after.now) - Date.parse(before.now)) / 1000;
      figures = {
        perSec: messages / spanSec,
        cpuUs: (after.cpuUs - before.cpuUs) / messages,
        delivered: delivered / messages,
      };
    },
  });
  await end();
  await server.stop();
  return figures;
}

async function lookAt(server) {
  const { in_msgs, out_msgs, now } = await server.varz();
  // After the name, which may hold spaces, from the third field on: utime and stime are the 14th and 15th.
  const fields = readFileSync(`/proc/${server.pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ');
  return { in_msgs, out_msgs, now, cpuUs: (Number(fields[11]) + Number(fields[12])) * TICK_US };
}

const nameOf = ({ depth, count, by, label }) =>
  label ?? `${depth} tokens, ${count.toLocaleString('en')} ${count === 1 ? 'subject' : 'subjects'}, ${by}`;

const shapes = Object.entries(sweeps).flatMap(([sweep, list]) =>
  list.map((shape) => ({ sweep, shape, all: [] })),
);
for (let round = 0; round < rounds; round++) {
  // By turns, so that a machine that has a bad minute has it for all.
  for (const { shape, all } of shapes) {
    all.push(await measure(shape));
    process.stderr.write('.');
  }
}
process.stderr.write('\n');

const results = shapes.map(({ sweep, shape, all }) => ({
  sweep,
  ...shape,
  perSec: median(all.map(({ perSec }) => perSec)),
  cpuUs: median(all.map(({ cpuUs }) => cpuUs)),
  delivered: median(all.map(({ delivered }) => delivered)),
}));
const least = Math.min(...results.filter(({ by }) => by !== 'nobody').map(({ cpuUs }) => cpuUs));
for (const sweep of Object.keys(sweeps)) {
  console.log(`\n${sweep}`);
  console.log(
    table([
      ['', 'M messages/s', "server's CPU, µs a message", 'of the least', 'delivered'],
      ...results
        .filter((result) => result.sweep === sweep)
        .map(({ depth, count, by, label, perSec, cpuUs, delivered }) => [
          nameOf({ depth, count, by, label }),
          (perSec / 1e6).toFixed(2),
          cpuUs.toFixed(3),
          by === 'nobody' ? '' : `${(cpuUs / least).toFixed(2)} ×`,
          delivered.toFixed(2),
        ]),
    ]),
  );
}
const best = results.find(({ cpuUs, by }) => cpuUs === least && by !== 'nobody');
console.log(`\nthe least of all: ${nameOf(best)}`);
console.log(JSON.stringify({ bench: 'subject-sweep', seconds, rounds, machine, results }));
