import { z } from 'zod';
import type { GuardPlan } from '../contracts/plan/guards.js';
import type { DataFiles } from './data-files.js';
import { atMostSchema } from './faults/fault-schema.js';
import { parsePart } from './parse-part.js';
import type { Findings } from './problem.js';
import { lastingSchema } from './quantities.js';
import { type ConditionScene, resolveCondition } from './resolve-condition.js';

export const guardsSchema = z.strictObject({
  'at-most': atMostSchema
    .optional()
    .describe('How many faults may hold at the same time. Default: as many as there are.'),
  longest: lastingSchema.optional().describe('No fault may hold for longer. Default: until the load ends.'),
  'abort-on': z
    .array(z.string({ error: 'expected a condition, such as "backlog > 1M"' }), {
      error: 'expected a list of conditions, such as ["backlog > 1M"]',
    })
    .default([])
    .describe('When any of these conditions holds, every fault is healed and the run ends.'),
  'stop-file': z
    .string({ error: 'expected the path of a file' })
    .min(1)
    .optional()
    .describe('The run stops, as on Ctrl-C, when this file is there. The path starts where the scenario is.'),
  'allow-quorum-loss': z
    .boolean()
    .default(false)
    .describe('Faults may take away the quorum of the meta group or of a stream. Default: false.'),
});

/** The guards as planned; none but the one over quorums where the section is missing. */
export function resolveGuards(
  value: unknown,
  scene: ConditionScene,
  files: DataFiles,
  findings: Findings,
): GuardPlan | undefined {
  const input = parsePart(guardsSchema, value ?? {}, ['guards'], findings);
  if (input === undefined) return undefined;
  const { 'at-most': atMost, longest: longestNs, 'stop-file': stopFile } = input;
  const abortOn = input['abort-on'].map((text, i) =>
    resolveCondition(text, ['guards', 'abort-on', i], scene, findings),
  );
  return {
    ...(atMost !== undefined && { atMost }),
    ...(longestNs !== undefined && { longestNs }),
    abortOn: abortOn.filter((condition) => condition !== undefined),
    ...(stopFile !== undefined && { stopFile: files.locate(stopFile) }),
    allowsQuorumLoss: input['allow-quorum-loss'],
  };
}
