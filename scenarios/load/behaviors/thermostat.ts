import { defineBehavior } from 'stormglass';

/** A thermostat: measures, sounds an alarm while it is too warm, and cools down when it is told to. */
export default defineBehavior({
  state: ['celsius', 'alarms'],
  start(agent) {
    agent.state.celsius = agent.between(18, 22);
    agent.after(agent.random() * agent.every, 'measure');
  },
  steps: {
    measure(agent) {
      agent.state.celsius += agent.between(-1, 1);
      agent.publish('Measured', { celsius: agent.state.celsius.toFixed(1) });
      if (agent.state.celsius > Number(agent.options.limit)) agent.after(20, 'alarm');
      agent.after(agent.every, 'measure');
    },
    alarm(agent) {
      agent.publish('Overheated', { alarm: ++agent.state.alarms });
    },
    cooled(agent) {
      agent.state.celsius = 20;
      agent.reply();
    },
  },
  onMessage(agent) {
    agent.after(agent.between(5, 50), 'cooled');
  },
});
