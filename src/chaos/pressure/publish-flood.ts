import { NS, nowNs } from '../../base/clock.js';
import { WireConnection } from '../../wire/connection.js';
import { ClientTally } from './client-tally.js';
import type { GiveUp, Pressure } from './pressure-process.js';
import type { PublishFloodTask } from './pressure-task.js';

const TICK_MS = 2;
/** A connection that has so much waiting for its socket is given no more. */
const WAITING_BYTES = 512 * 1024;
const BLOCK_BYTES = 64 * 1024;
/** What is behind its rate for longer than this is not made up for. */
const CATCH_UP_NS = 100 * NS.ms;

/** Publishes the same block of frames over and over, as fast as it is told or as the sockets take it. */
export async function publishFlood(task: PublishFloodTask, giveUp: GiveUp): Promise<Pressure> {
  const { access, connectionName, connections, payloadBytes, perSec, messages } = task;
  const tally = new ClientTally();
  const wires = Array.from({ length: connections }, (_, number) => {
    const server = access.servers[number % access.servers.length]!;
    return new WireConnection(
      { access: { ...access, servers: [server] }, name: `${connectionName}-${number}`, echo: false },
      {
        onMessage: () => {},
        onConnected: () => {
          tally.open++;
          tally.opened++;
        },
        onDisconnected: (why) => {
          tally.open--;
          tally.lostBecause(why);
        },
        onRefused: (_server, why) => tally.refusedBecause(why),
        onServerError: (text) => tally.erred(text),
      },
    );
  });
  await Promise.all(wires.map((wire) => wire.connect()));
  const takes = Math.min(...wires.map(({ info }) => info?.max_payload ?? Number.POSITIVE_INFINITY));
  if (payloadBytes > takes) {
    throw new Error(`a message of ${payloadBytes} bytes: the server takes ${takes} at most (max_payload)`);
  }

  const { block, ends } = frames(task);
  let sent = 0;
  let next = 0;
  let credit = 0;
  let lastNs = nowNs();
  const tick = () => {
    const tickNs = nowNs();
    credit =
      perSec === Number.POSITIVE_INFINITY
        ? perSec
        : credit + (Math.min(tickNs - lastNs, CATCH_UP_NS) / NS.s) * perSec;
    lastNs = tickNs;
    for (let full = 0; full < wires.length && credit >= 1 && sent < messages; ) {
      const wire = wires[next++ % wires.length]!;
      if (!wire.connected || wire.pendingBytes > WAITING_BYTES) {
        full++;
        continue;
      }
      full = 0;
      const count = Math.min(ends.length, Math.floor(credit), messages - sent);
      wire.write(count === ends.length ? block : block.subarray(0, ends[count - 1]));
      sent += count;
      credit -= count;
    }
    // What no connection could take is behind, and stays so.
    if (credit >= 1 && perSec !== Number.POSITIVE_INFINITY) credit = Math.min(credit, perSec / 10 + 1);
  };
  setInterval(() => {
    try {
      tick();
    } catch (thrown) {
      giveUp(String(thrown));
    }
  }, TICK_MS);
  return { report: () => ({ sent, ...tally.report() }) };
}

/** As many whole messages as a block has room for, and where each of them ends. */
function frames({ subjects, payloadBytes }: PublishFloodTask): {
  readonly block: Buffer;
  readonly ends: readonly number[];
} {
  const payload = Buffer.alloc(payloadBytes, 'storm ');
  const parts: Buffer[] = [];
  const ends: number[] = [];
  let bytes = 0;
  for (let i = 0; i < subjects.length || bytes < BLOCK_BYTES; i++) {
    const line = Buffer.from(`PUB ${subjects[i % subjects.length]} ${payloadBytes}\r\n`);
    parts.push(line, payload, Buffer.from('\r\n'));
    bytes += line.length + payloadBytes + 2;
    ends.push(bytes);
  }
  return { block: Buffer.concat(parts, bytes), ends };
}
