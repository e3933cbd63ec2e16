import { defineBehavior } from 'stormglass';

/** A clerk packs one order after the other, and has a colleague check it: without an answer in time the order has failed. */
export default defineBehavior({
  start(agent) {
    agent.after(agent.random() * agent.every, 'begin');
  },
  steps: {
    begin(agent) {
      agent.correlate();
      agent.publish('OrderStarted');
      agent.after(agent.between(500, 1500), 'packed');
    },
    packed(agent) {
      agent.publish('OrderPacked');
      agent.ask((agent.id + 1 + Math.floor(agent.random() * (agent.population - 1))) % agent.population);
    },
  },
  onMessage(agent) {
    agent.reply(); // checked
  },
  onAnswer(agent, answered) {
    agent.publish(answered ? 'OrderCompleted' : 'OrderFailed');
    agent.uncorrelate();
    agent.after(agent.every, 'begin');
  },
});
