// The highest rate of one publisher without subscribers, beside `nats bench pub` on the same server, by turns. Both are
// measured alike: by the server's own in_msgs, over the same stretch in the middle of each run.
//
//     node bench/publish-max.mjs [--seconds=2] [--rounds=5] [--sizes=16,128,1024] [--nats=PATH] [--nats-server=PATH]
import { findTool } from './support/bench-server.mjs';
import { byTurnsForSizes, ratesTable } from './support/by-turns.mjs';
import { listOption, numberOption } from './support/figures.mjs';
import { machine } from './support/machine.mjs';
import { maxPublishRate } from './support/max-publisher.mjs';
import { natsBenchRate, settledMessages } from './support/server-rate.mjs';

const SUBJECT = 'bench.events';
const seconds = numberOption('seconds', 2);
const rounds = numberOption('rounds', 5);
const sizes = listOption('sizes', [16, 128, 1024]);
const nats = await findTool('nats');

async function stormglassRate(server, bytes) {
  const before = await settledMessages(server);
  const { rate, sent } = await maxPublishRate({ server, subject: SUBJECT, bytes, seconds });
  const confirmed = (await settledMessages(server)) - before;
  if (confirmed !== sent) throw new Error(`sent ${sent}, confirmed by the server ${confirmed}`);
  return rate;
}

const theirRate = (server, bytes) => {
  const messages = String(Math.ceil(5e6 * (seconds + 1)));
  return natsBenchRate(nats, server, ['pub', SUBJECT, '--size', `${bytes}B`, '--msgs', messages], seconds);
};

const results = await byTurnsForSizes(sizes, rounds, { ours: stormglassRate, theirs: theirRate });
console.log(ratesTable({ 'payload, B': 'bytes' }, 'M', results));
console.log(JSON.stringify({ bench: 'publish-max', seconds, rounds, machine, results }));
