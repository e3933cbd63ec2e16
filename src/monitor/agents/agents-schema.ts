import { z } from 'zod';
import { countSchema, durationSchema } from '../../base/unit-schemas.js';
import { fieldsSchema, patternsSchema } from '../tables/pattern-schema.js';

const above0 = durationSchema.refine((ns) => ns > 0, {
  error: 'expected a time above zero, such as 10s',
});

const atMost = (most: number, words: string) =>
  countSchema.refine((count) => count <= most, { error: `expected at most ${words}` });

/** The section `agents:` of the monitor's configuration. */
export const monitoredAgentsSchema = z
  .strictObject({
    group: fieldsSchema
      .default(['group'])
      .describe(
        'Fields that say which group an agent belongs to. Without one, the load that it is of, or the domain',
      ),
    heartbeats: patternsSchema
      .default(['*Heartbeat'])
      .describe('Events by which an agent says that it is there. Default: *Heartbeat'),
    leaves: patternsSchema
      .default(['AgentLeft', 'AgentStopped', 'AgentRetired'])
      .describe('Events by which an agent says that it will not come again'),
    commands: patternsSchema.default(['*Command']).describe('Events that tell an agent to do something'),
    results: patternsSchema
      .default(['*Result', '*CommandCompleted', '*CommandFailed'])
      .describe('Events that say what came of a command'),
    command: fieldsSchema
      .default(['commandId', 'command_id', 'commandid'])
      .describe('Fields that name a command, of all commands'),
    token: fieldsSchema.default(['token']).describe('Fields that name a command, of those of one agent'),
    'heartbeat-every': above0
      .optional()
      .describe('How often each agent sends a heartbeat. Default: learned from each agent'),
    'missed-after': z
      .number({ error: 'expected how many heartbeats, such as 3' })
      .min(1)
      .max(1000)
      .default(3)
      .describe('An agent that was silent for so many heartbeats is missing. Default: 3'),
    'silent-after': above0
      .prefault('5m')
      .describe('One of which no rhythm is known is missing when it was silent for so long. Default: 5m'),
    'forget-after': above0
      .prefault('1d')
      .describe('An agent that was silent for so long is forgotten. Default: 1d'),
    'command-timeout': above0.prefault('5m').describe('A result is waited for so long. Default: 5m'),
    'max-agents': atMost(2_000_000, '2M')
      .prefault('1M')
      .describe('Agents that are known at a time, one that was silent for long gives way. Default: 1M'),
    'max-commands': atMost(1_000_000, '1M')
      .prefault('100k')
      .describe(
        'Commands whose result is waited for, the oldest gives way; and those that are answered and remembered. Default: 100k',
      ),
    'max-groups': atMost(1000, '1000')
      .prefault(100)
      .describe('Groups that are told apart, the rest are `other`. Default: 100'),
  })
  .describe('How agents are known, when they are missing, and what is a command and its result');

export type MonitoredAgentsPlan = z.output<typeof monitoredAgentsSchema>;
