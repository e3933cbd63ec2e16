import { defineBehavior } from '../behavior.js';

/** Says every so often that it is there, and again when its connection is back. */
export const heartbeat = () =>
  defineBehavior({
    start(agent) {
      agent.after(agent.random() * agent.every, 'beat');
    },
    steps: {
      beat(agent) {
        agent.publish('Heartbeat');
        agent.after(agent.every, 'beat');
      },
    },
    onReconnect(agent) {
      agent.publish('Reconnected');
    },
  });
