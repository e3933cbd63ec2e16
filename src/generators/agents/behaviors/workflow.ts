import { NS } from '../../../base/clock.js';
import type { AgentsParams } from '../agents-schema.js';
import { type Agent, defineBehavior } from '../behavior.js';

/** One workflow after the other: started, its steps with time to think before each, completed or failed. */
export const workflow = ({ think, steps, fails }: AgentsParams) => {
  const thinking = (agent: Agent<never, never>) => agent.between(think.fromNs, think.toNs) / NS.ms;
  return defineBehavior({
    // `failing`: the step at which this one fails; 0 for one that does not.
    state: ['step', 'failing'],
    start(agent) {
      agent.after(agent.random() * agent.every, 'begin');
    },
    steps: {
      begin(agent) {
        agent.state.step = 0;
        agent.state.failing = agent.random() < fails ? 1 + Math.floor(agent.random() * steps) : 0;
        agent.correlate();
        agent.publish('WorkflowStarted');
        agent.after(thinking(agent), 'advance');
      },
      advance(agent) {
        const step = ++agent.state.step;
        if (step === agent.state.failing) {
          agent.publish('WorkflowFailed');
        } else {
          agent.publish('WorkflowStepCompleted');
          if (step < steps) return agent.after(thinking(agent), 'advance');
          agent.publish('WorkflowCompleted');
        }
        agent.uncorrelate();
        agent.after(agent.every, 'begin');
      },
    },
  });
};
