// Rates by the server's own counters: the same measure for whoever made the load.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Messages a second over a stretch of so many seconds, by the server's own counter and clock: `in_msgs` that it took in,
 * `out_msgs` that it delivered.
 */
export async function rateOf(server, counter, seconds) {
  const before = await server.varz();
  await sleep(seconds * 1000);
  const after = await server.varz();
  return (after[counter] - before[counter]) / ((Date.parse(after.now) - Date.parse(before.now)) / 1000);
}

/** The counter once it stands still: what is in the sockets of a client that was ended comes in later. */
export async function settledMessages(server) {
  for (let last = -1; ; ) {
    const { in_msgs } = await server.varz();
    if (in_msgs === last) return in_msgs;
    last = in_msgs;
    await sleep(100);
  }
}

/**
 * The rate of one `nats bench …`, from half a second after its first messages on; it is ended then. The arguments ask
 * for more messages than it can send in that time.
 */
export async function natsBenchRate(nats, server, args, seconds) {
  const idle = await settledMessages(server);
  const bench = spawn(
    nats,
    [...(server.args ?? ['--server', `nats://127.0.0.1:${server.port}`]), 'bench', ...args, '--no-progress'],
    { stdio: 'ignore' },
  );
  const ended = once(bench, 'exit');
  while ((await server.varz()).in_msgs < idle + 100) {
    if (bench.exitCode !== null) throw new Error(`nats bench ${args.join(' ')} ended with ${bench.exitCode}`);
    await sleep(5);
  }
  await sleep(500);
  const rate = await rateOf(server, 'in_msgs', seconds);
  if (bench.exitCode !== null) throw new Error('nats bench ended before it was measured: raise --msgs');
  bench.kill();
  await ended;
  return rate;
}
