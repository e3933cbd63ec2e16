// One publisher of ours that sends as much as it can.
import { setTimeout as sleep } from 'node:timers/promises';
import { runLoad } from './load-run.mjs';
import { rateOf } from './server-rate.mjs';

const WARM_UP_MS = 500;

/** What the server takes in of it, in messages a second over so many seconds, and how many were sent in all. */
export async function maxPublishRate({ server, access, subject, bytes, seconds }) {
  let rate;
  const { counters } = await runLoad({
    port: server.port,
    ...(access && { access }),
    load: {
      name: 'max',
      kind: 'publish',
      domains: ['bench'],
      schedule: { mode: 'max', durationNs: (WARM_UP_MS / 1000 + seconds + 0.3) * 1e9 },
      atNs: 0,
      warmUpNs: 0,
      workers: 1,
      params: { backlog: 30e9, 'max-lateness': 1e9, headers: {} },
    },
    events: [{ domain: 'bench', type: 'T', subject, weight: 1, size: { minBytes: bytes, maxBytes: bytes } }],
    onStart: async () => {
      await sleep(WARM_UP_MS);
      rate = await rateOf(server, 'in_msgs', seconds);
    },
  });
  if (counters.ok !== counters.sent) throw new Error(`sent ${counters.sent}, flushed ${counters.ok}`);
  return { rate, sent: counters.sent };
}
