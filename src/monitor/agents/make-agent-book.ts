import type { MakeBook } from '../books.js';
import { AgentBook } from './agent-book.js';
import { type MonitoredAgentsPlan, monitoredAgentsSchema } from './agents-schema.js';

/** Follows agents as the section `agents` says, or by the defaults. */
export const makeAgentBook: MakeBook = (scene) =>
  new AgentBook(
    (scene.section('agents') as MonitoredAgentsPlan | undefined) ?? monitoredAgentsSchema.parse({}),
    scene,
  );
