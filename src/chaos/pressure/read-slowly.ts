import { WireConnection } from '../../wire/connection.js';
import { ClientTally } from './client-tally.js';
import type { Pressure } from './pressure-process.js';
import type { ReadSlowlyTask } from './pressure-task.js';

/** To whoever reads nothing, it is a write that fails which tells that the server has ended the connection. */
const KNOCK_EVERY_MS = 500;

/** Subscribers that read nothing: each is cut off by its server in the end, comes back, and reads nothing again. */
export async function readSlowly(task: ReadSlowlyTask): Promise<Pressure> {
  const { access, connectionName, subscribers, subject, copies } = task;
  const tally = new ClientTally();
  await Promise.all(
    Array.from({ length: subscribers }, async (_, number) => {
      const server = access.servers[number % access.servers.length]!;
      const wire: WireConnection = new WireConnection(
        { access: { ...access, servers: [server] }, name: `${connectionName}-${number}` },
        {
          onMessage: () => {},
          onConnected: () => {
            tally.open++;
            tally.opened++;
            wire.pause();
          },
          onDisconnected: (why) => {
            tally.open--;
            tally.lostBecause(why);
          },
          onRefused: (_server, why) => tally.refusedBecause(why),
          onServerError: (text) => tally.erred(text),
        },
      );
      for (let copy = 0; copy < copies; copy++) wire.subscribe(subject);
      await wire.connect();
      setInterval(() => {
        if (wire.connected) wire.flush().catch(() => {});
      }, KNOCK_EVERY_MS);
    }),
  );
  return { report: () => tally.report() };
}
