import { defineBehavior } from 'stormglass';

export default defineBehavior({
  state: ['celsius', 'alarms'], // numbers that each agent keeps
  start(agent) {
    agent.state.celsius = agent.between(18, 22);
    agent.after(agent.random() * agent.every, 'measure'); // each in a rhythm of its own
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
      agent.reply(); // the result of the command
    },
  },
  onMessage(agent) {
    agent.after(agent.between(5, 50), 'cooled'); // a command takes its time
  },
});
