import { NS } from '../../../base/clock.js';
import type { AgentsParams } from '../agents-schema.js';
import { defineBehavior } from '../behavior.js';

/** Heartbeats, and work: a command takes its time, then its result is published; one command at a time. */
export const worker = ({ work }: AgentsParams) =>
  defineBehavior({
    start(agent) {
      agent.after(agent.random() * agent.every, 'beat');
    },
    steps: {
      beat(agent) {
        agent.publish('Heartbeat');
        agent.after(agent.every, 'beat');
      },
      finish(agent) {
        agent.reply();
      },
    },
    onMessage(agent) {
      agent.after(agent.between(work.fromNs, work.toNs) / NS.ms, 'finish');
    },
    onReconnect(agent) {
      agent.publish('Reconnected');
    },
  });
