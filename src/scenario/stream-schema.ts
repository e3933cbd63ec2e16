import { z } from 'zod';
import { durationSchema, nameSchema } from '../base/unit-schemas.js';
import { sizeOrUnlimitedSchema } from './quantities.js';

const duration = (description: string) => durationSchema.optional().describe(description);
const flag = (description: string) => z.boolean().optional().describe(description);
const limit = (description: string) =>
  z.int({ error: 'expected a whole number, or -1 for no limit' }).min(-1).optional().describe(description);
const text = (description: string) => z.string().optional().describe(description);

const subjectTransform = z.strictObject({
  src: z.string().describe('Subjects to be changed.'),
  dest: z.string().describe('What they are changed to.'),
});

const streamSource = z.strictObject({
  name: z.string().describe('The stream to read from.'),
  opt_start_seq: z.int().positive().optional().describe('The sequence to begin at.'),
  opt_start_time: z.iso
    .datetime({ offset: true, error: 'expected a time such as 2026-01-31T12:00:00Z' })
    .optional()
    .describe('The time to begin at.'),
  filter_subject: text('Only what matches this subject.'),
  subject_transforms: z.array(subjectTransform).optional().describe('How subjects are changed on the way.'),
  external: z
    .strictObject({
      api: z.string().describe('Prefix of the other account’s or domain’s JetStream API.'),
      deliver: text('Prefix of the subjects it delivers to.'),
    })
    .optional()
    .describe('Where the stream is, when it is in another account or domain.'),
  consumer: z
    .strictObject({
      name: text('Name of the durable consumer.'),
      deliver_subject: text('The subject it delivers to.'),
    })
    .optional()
    .describe('A durable consumer of this name is used to read.'),
});

/** Every field of a StreamConfig of nats-server 2.15, by the API's own name; durations and sizes take units. */
export const streamSchema = z.strictObject({
  name: nameSchema.describe('Name of the stream.'),
  subjects: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('What the stream captures; wildcards are allowed.'),
  replicas: z
    .int()
    .min(1)
    .max(5)
    .optional()
    .describe('How many nodes keep a copy; short for num_replicas. Default: 1.'),
  num_replicas: z
    .int()
    .min(1)
    .max(5)
    .optional()
    .describe('How many nodes keep a copy, by the name that the API has.'),
  description: text('For people.'),
  retention: z
    .enum(['limits', 'interest', 'workqueue'])
    .optional()
    .describe('When messages go. Default: limits.'),
  storage: z
    .enum(['file', 'memory'])
    .optional()
    .describe('Where messages are kept. Default: the cluster’s jetstream.storage, else file.'),
  max_consumers: limit('Most consumers the stream may have.'),
  max_msgs: limit('Most messages the stream keeps.'),
  max_msgs_per_subject: limit('Most messages the stream keeps of one subject.'),
  max_bytes: sizeOrUnlimitedSchema.optional().describe('Most bytes the stream keeps.'),
  max_msg_size: sizeOrUnlimitedSchema.optional().describe('Largest message the stream takes.'),
  max_age: duration('How long a message is kept; 0s: for ever.'),
  duplicate_window: duration('How long message ids are remembered. Server’s default: 2m.'),
  discard: z.enum(['old', 'new']).optional().describe('What goes when a limit is reached. Default: old.'),
  discard_new_per_subject: flag('Apply `discard: new` to each subject.'),
  no_ack: flag('The stream acknowledges nothing.'),
  compression: z
    .enum(['none', 's2'])
    .optional()
    .describe('How blocks on disk are compressed. Default: none.'),
  first_seq: z.int().positive().optional().describe('Sequence of the first message.'),
  placement: z
    .strictObject({
      cluster: text('Name of the cluster.'),
      tags: z.array(z.string()).optional().describe('Tags that a server must have.'),
      preferred: text('Server that should lead.'),
    })
    .optional()
    .describe('Where the stream is placed.'),
  mirror: streamSource.optional().describe('The stream that this one is a copy of.'),
  sources: z.array(streamSource).optional().describe('The streams that this one gathers.'),
  subject_transform: subjectTransform.optional().describe('How subjects are changed before they are stored.'),
  republish: z
    .strictObject({
      src: text('Subjects to be republished.'),
      dest: z.string().describe('Where they go.'),
      headers_only: flag('Without their payload.'),
    })
    .optional()
    .describe('Messages are published again once they are stored.'),
  allow_direct: flag('Any replica may answer reads.'),
  mirror_direct: flag('A mirror may answer reads of what it mirrors.'),
  sealed: flag('Nothing may come in or go.'),
  deny_delete: flag('Messages cannot be deleted through the API.'),
  deny_purge: flag('The stream cannot be purged through the API.'),
  allow_rollup_hdrs: flag('A message may replace all before it.'),
  allow_msg_ttl: flag('Messages may bring their own time to live.'),
  subject_delete_marker_ttl: duration('How long the marker of a deleted subject stays.'),
  allow_msg_counter: flag('The stream holds counters.'),
  allow_atomic: flag('Batches may be published that are stored as a whole.'),
  allow_batched: flag('Batches may be published fast.'),
  allow_msg_schedules: flag('Messages may be scheduled.'),
  persist_mode: z
    .enum(['default', 'async'])
    .optional()
    .describe('Whether an acknowledgement waits for the write.'),
  consumer_limits: z
    .strictObject({
      inactive_threshold: duration('After how long an unused consumer goes.'),
      max_ack_pending: limit('Most unacknowledged messages of a consumer.'),
    })
    .optional()
    .describe('What holds for consumers that do not say it themselves.'),
  metadata: z.record(z.string(), z.string()).optional().describe('Names and values for people and programs.'),
});

export type StreamInput = z.output<typeof streamSchema>;
