import { z } from 'zod';
import { subjectFilterProblem } from '../../base/subjects.js';
import {
  countSchema,
  durationSchema,
  nameSchema,
  patienceSchema,
  percentageSchema,
} from '../../base/unit-schemas.js';

/** Of a stream or consumer that somebody else may have named. */
const serverName = z.string({ error: 'expected a name' }).regex(/^[^\s.*>\\/]{1,128}$/, {
  error: 'expected a name without spaces, dots, wildcards and slashes',
});

const filterSubject = z.string({ error: 'expected a subject' }).superRefine((subject, context) => {
  const problem = subjectFilterProblem(subject);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

const share = percentageSchema
  .refine((ratio) => ratio <= 1, { error: 'expected at most 100%' })
  .prefault('0%');

export const CONSUME_MODES = ['consume', 'fetch', 'ordered'] as const;
export const ACKS = ['explicit', 'sync', 'all', 'none'] as const;
export const DELIVERIES = ['all', 'new', 'last', 'last-per-subject', 'by-start-sequence'] as const;

/** Durations are nanoseconds, shares ratios. */
export const jsConsumeSchema = z.strictObject({
  stream: serverName.describe('The stream to consume'),
  mode: z
    .enum(CONSUME_MODES, { error: 'expected consume, fetch or ordered' })
    .default('consume')
    .describe(
      'consume: pull requests overlap, the server never waits; fetch: one batch after the other; ordered: in memory, ' +
        'without acknowledgements, made again behind the last message after any gap',
    ),
  batch: countSchema
    .refine((count) => count <= 1_000_000, { error: 'expected at most 1M' })
    .prefault(500)
    .describe('Most messages asked for and not yet delivered, per worker and consumer'),
  expires: durationSchema
    .refine((ns) => ns >= 1e9 && ns <= 3600e9, { error: 'expected 1s to 1h' })
    .prefault('30s')
    .describe('How long a pull request stays at the server'),
  heartbeat: durationSchema
    .refine((ns) => ns >= 1e8, { error: 'expected at least 100ms' })
    .prefault('1s')
    .describe(
      'How often the server says that a pull request still stands; after two and a half of them without a word it is made again. ' +
        'At most half of expires is used',
    ),
  consumers: z
    .int({ error: 'expected how many, 1 to 1000' })
    .min(1)
    .max(1000)
    .default(1)
    .describe('How many consumers there are; each receives everything'),
  'per-worker': z
    .boolean()
    .default(false)
    .describe(
      'Whether each worker has consumers of its own, instead of sharing their messages with the others',
    ),
  ack: z
    .enum(ACKS, { error: 'expected explicit, sync, all or none' })
    .optional()
    .describe(
      'explicit: each message; sync: each, and the answer of the server is waited for; all: the last of those that came ' +
        'together, for all before it; none. Default: explicit, and none for mode ordered',
    ),
  'ack-timeout': patienceSchema
    .prefault('5s')
    .describe('With ack: sync, how long the answer is waited for before the outcome is unknown'),
  'max-ack-pending': countSchema
    .prefault(1000)
    .describe('Most messages that a consumer delivers ahead of their acknowledgements'),
  'ack-wait': durationSchema
    .prefault('30s')
    .describe('How long the server waits for an acknowledgement before it delivers again'),
  'max-deliver': countSchema
    .optional()
    .describe('How often a message is delivered at most. Default: without end'),
  delay: durationSchema
    .prefault('0s')
    .describe('Think time: from the delivery of a message to its acknowledgement'),
  nak: share.describe('Share of the deliveries that are refused, and come again'),
  'nak-delay': durationSchema.prefault('0s').describe('How much later a refused message shall come again'),
  'no-ack': share.describe('Share of the deliveries that are never answered, and come again after ack-wait'),
  'lose-after-ack': share.describe(
    'Share of the deliveries that are acknowledged and then lost before they are processed, as by a consumer that ' +
      'acknowledges first and dies: the history has the acknowledgement and no delivery',
  ),
  term: share.describe('Share of the deliveries that are refused for good, and do not come again'),
  deliver: z
    .enum(DELIVERIES, { error: `expected ${DELIVERIES.slice(0, -1).join(', ')} or ${DELIVERIES.at(-1)}` })
    .default('all')
    .describe('Where in the stream a consumer begins'),
  'start-sequence': countSchema
    .optional()
    .describe('The first stream sequence, with deliver: by-start-sequence'),
  filter: z
    .union([filterSubject.transform((subject) => [subject]), z.array(filterSubject).min(1)], {
      error: 'expected a subject, which may hold wildcards, or a list of them',
    })
    .optional()
    .describe('Only messages of these subjects. Default: all of the stream'),
  durable: nameSchema
    .optional()
    .describe(
      'Name of the consumer, followed by a number where there are several. One that is there is taken as it is, and left',
    ),
  replicas: z
    .int({ error: 'expected a number of replicas: 1 to 5' })
    .min(1)
    .max(5)
    .optional()
    .describe('Replicas of the consumer. Default: as many as its stream has'),
  storage: z
    .enum(['file', 'memory'], { error: 'expected file or memory' })
    .optional()
    .describe("Where the consumer's state is kept. Default: where its stream is"),
  'inactive-threshold': durationSchema
    .optional()
    .describe(
      'After how long without a pull request the server removes the consumer. Default: 5m after the load may begin',
    ),
  until: z
    .enum(['drained'], { error: 'expected drained, or nothing' })
    .optional()
    .describe('drained: after its time the load goes on until nothing is left to deliver and to acknowledge'),
  'drain-within': durationSchema
    .prefault('25s')
    .describe('How long it goes on at most. limits.drain must not be shorter'),
});

export type JsConsumeParams = z.output<typeof jsConsumeSchema>;
export type Acks = (typeof ACKS)[number];

/** How the deliveries of such a load are acknowledged. */
export const acksOf = ({ mode, ack }: JsConsumeParams): Acks =>
  mode === 'ordered' ? 'none' : (ack ?? 'explicit');
