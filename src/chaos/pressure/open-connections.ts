import { NS, nowNs } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import { WireConnection } from '../../wire/connection.js';
import { ClientTally } from './client-tally.js';
import type { Pressure } from './pressure-process.js';
import type { OpenConnectionsTask } from './pressure-task.js';

const TICK_MS = 10;
/** Thousands of connections would ping thousands of times a second. */
const PING_EVERY_MS = 30_000;

/** Opens connections at a rate, each to one server alone, until there are as many as wanted; one that ends is replaced. */
export function openConnections(task: OpenConnectionsTask): Pressure {
  const { access, connectionName, connections, perSec, stayMs } = task;
  const tally = new ClientTally();
  let number = 0;
  /** Those that are open, and those that are about to be. */
  let held = 0;

  const openOne = () => {
    held++;
    const server = access.servers[number % access.servers.length]!;
    const name = `${connectionName}-${number++}`;
    let wasUp = false;
    let isOver = false;
    const over = () => {
      if (isOver) return;
      isOver = true;
      held--;
      if (wasUp) tally.open--;
      void wire.close();
    };
    const wire: WireConnection = new WireConnection(
      { access: { ...access, servers: [server] }, name, pingEveryMs: PING_EVERY_MS },
      {
        onMessage: () => {},
        onServerError: (text) => tally.erred(text),
        onDisconnected: (why) => {
          if (!isOver) tally.lostBecause(why);
          over();
        },
      },
    );
    wire.connect().then(
      () => {
        if (isOver) return;
        wasUp = true;
        tally.open++;
        tally.opened++;
        if (stayMs > 0) setTimeout(over, stayMs);
      },
      (thrown) => {
        tally.refusedBecause(messageOf(thrown));
        over();
      },
    );
  };

  let lastNs = nowNs();
  let due = 0;
  setInterval(() => {
    const tickNs = nowNs();
    // What could not be opened for want of room is not made up for in one go.
    due = Math.min(due + ((tickNs - lastNs) / NS.s) * perSec, Math.max(1, perSec / 10));
    lastNs = tickNs;
    for (; due >= 1 && held < connections; due--) openOne();
  }, TICK_MS);
  return { report: () => tally.report() };
}
