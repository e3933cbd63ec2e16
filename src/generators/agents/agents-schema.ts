import { z } from 'zod';
import { countSchema, durationSchema, percentageSchema, rateSchema } from '../../base/unit-schemas.js';
import { parseDuration } from '../../base/units.js';
import { TOKEN_SLOTS } from '../../wire/reply-token.js';
import { answeredSchema } from '../answered-schema.js';
import { MAX_AGENTS } from './agent-frames.js';

/** → nanoseconds, from and to. */
export interface DurationRange {
  readonly fromNs: number;
  readonly toNs: number;
}

const DURATION = '(\\d+(\\.\\d+)?(ns|us|µs|ms|s|m|h|d))+';
const RANGE = 'a duration with its unit, such as 50ms, or a range of them, such as 5ms..50ms';

const durationRangeSchema = z
  .string({ error: `expected ${RANGE}` })
  .regex(new RegExp(`^${DURATION}(\\.\\.${DURATION})?$`), { error: `expected ${RANGE}`, abort: true })
  .transform((text): DurationRange => {
    const [from = '', to = from] = text.split('..');
    return { fromNs: parseDuration(from) as number, toNs: parseDuration(to) as number };
  })
  .refine(({ fromNs, toNs }) => fromNs <= toNs, {
    error: 'expected a range from the shorter to the longer duration',
  });

const above0 = durationSchema.refine((ns) => ns > 0, {
  error: 'expected a duration above zero, such as 10s',
});

/** Shared ones: more are better asked for with `per-agent`. */
const MOST_CONNECTIONS = 10_000;

export const agentsSchema = answeredSchema.omit({ headers: true }).extend({
  agents: countSchema
    .refine((agents) => agents <= MAX_AGENTS, { error: `expected at most ${MAX_AGENTS / 1e6}M agents` })
    .describe('How many agents there are, all workers together'),
  behavior: z
    .string({ error: 'expected the name of a behaviour, or a file' })
    .min(1)
    .default('heartbeat')
    .describe(
      'What an agent does: heartbeat, worker, workflow, conversation, or a file of your own: ./my-behavior.ts',
    ),
  options: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('What a behaviour of your own finds in agent.options'),
  every: above0
    .prefault('10s')
    .describe('How often an agent acts: its heartbeat, its next workflow or conversation'),
  commands: rateSchema
    .refine((perSec) => perSec > 0, { error: 'expected a rate above zero, such as 10k/s' })
    .optional()
    .describe(
      'Commands a second, to agents drawn by the seed. Default: none; for workers, each gets one in 10 s',
    ),
  work: durationRangeSchema
    .prefault('5ms..50ms')
    .describe('How long a worker works on a command before its result'),
  steps: z
    .int({ error: 'expected how many steps, from 1 to 10,000' })
    .min(1)
    .max(10_000)
    .default(5)
    .describe('Steps of a workflow'),
  think: durationRangeSchema
    .prefault('100ms..1s')
    .describe('Time before each step of a workflow, and before each answer in a conversation'),
  fails: percentageSchema
    .refine((ratio) => ratio <= 1, { error: 'expected at most 100%' })
    .prefault('1%')
    .describe('How many workflows fail, at some step'),
  turns: z
    .int({ error: 'expected how many turns, from 1 to 10,000' })
    .min(1)
    .max(10_000)
    .default(4)
    .describe('Questions and answers of a conversation'),
  ramp: durationSchema.prefault('1s').describe('The agents start one after the other within this time'),
  connections: z
    .union([countSchema.refine((count) => count <= MOST_CONNECTIONS), z.literal('per-agent')], {
      error: `expected how many connections, up to ${MOST_CONNECTIONS}, or per-agent`,
    })
    .optional()
    .describe(
      'Connections that the agents share, all workers together; per-agent: one for each. Default: 8, or as many as there are agents',
    ),
  failure: z
    .strictObject({
      every: above0.describe('Mean time from the start of an agent to its failure'),
      down: above0.prefault('30s').describe('How long it is gone'),
    })
    .optional()
    .describe('Agents fail: they stop, forget everything, and start again'),
  rejoin: durationSchema
    .prefault('1s')
    .describe('After a reconnection, the agents of the connection speak up within this time'),
  window: countSchema
    .refine((size) => size <= TOKEN_SLOTS, { error: `expected at most ${TOKEN_SLOTS}` })
    .prefault('100k')
    .describe('How many commands and questions may wait for their answer at a time, per worker'),
});

export type AgentsParams = z.output<typeof agentsSchema>;
