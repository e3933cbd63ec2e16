import { WireConnection } from '../../wire/connection.js';
import { ClientTally } from './client-tally.js';
import type { Pressure } from './pressure-process.js';
import type { ReadSlowlyTask } from './pressure-task.js';

/** Without a word read, it is a write that fails which tells that the server has ended the connection. */
const PING_EVERY_MS = 1_000;

/** Subscribers that read nothing: each is cut off by its server in the end, comes back, and reads nothing again. */
export async function readSlowly(task: ReadSlowlyTask): Promise<Pressure> {
  const { access, connectionName, subscribers, subject, copies } = task;
  const tally = new ClientTally();
  await Promise.all(
    Array.from({ length: subscribers }, async (_, number) => {
      const server = access.servers[number % access.servers.length]!;
      const wire: WireConnection = new WireConnection(
        {
          access: { ...access, servers: [server] },
          name: `${connectionName}-${number}`,
          pingEveryMs: PING_EVERY_MS,
        },
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
    }),
  );
  return { report: () => tally.report() };
}
