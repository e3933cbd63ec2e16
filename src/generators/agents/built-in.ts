import type { AgentsParams } from './agents-schema.js';
import type { Behavior } from './behavior.js';
import { conversation } from './behaviors/conversation.js';
import { heartbeat } from './behaviors/heartbeat.js';
import { worker } from './behaviors/worker.js';
import { workflow } from './behaviors/workflow.js';

/** The behaviours that a scenario can name. */
export const BUILT_IN: Readonly<Record<string, (params: AgentsParams) => Behavior>> = {
  heartbeat,
  worker,
  workflow,
  conversation,
};
