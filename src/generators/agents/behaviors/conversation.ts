import { NS } from '../../../base/clock.js';
import type { AgentsParams } from '../agents-schema.js';
import { defineBehavior } from '../behavior.js';

/** Asks another agent, drawn by chance, so many times; each answers after thinking. From question to answer is a turn. */
export const conversation = ({ think, turns }: AgentsParams) =>
  defineBehavior({
    state: ['partner', 'turn'],
    start(agent) {
      agent.after(agent.random() * agent.every, 'meet');
    },
    steps: {
      meet(agent) {
        const other = Math.floor(agent.random() * (agent.population - 1));
        agent.state.partner = other < agent.id ? other : other + 1;
        agent.state.turn = 0;
        agent.ask(agent.state.partner);
      },
      answer(agent) {
        agent.reply();
      },
    },
    onMessage(agent) {
      agent.after(agent.between(think.fromNs, think.toNs) / NS.ms, 'answer');
    },
    onAnswer(agent, answered) {
      if (answered && ++agent.state.turn < turns) agent.ask(agent.state.partner);
      else agent.after(agent.every, 'meet');
    },
  });
