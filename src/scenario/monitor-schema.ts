import { z } from 'zod';
import { countSchema, sizeSchema } from '../base/unit-schemas.js';
import { DEFAULT_EVENT_READING, type EventFieldName } from '../contracts/event-reading.js';
import type { MonitorSections } from './plugins.js';

const MAX_SERIES = 1_000_000;
const MAX_SOURCES = 100_000;
/** Each hears everything. */
const MAX_PARTITIONS = 16;
const MAX_OUTCOMES = 16;
const MAX_WORD_BYTES = 32;
const { fields, outcomes } = DEFAULT_EVENT_READING;

const FIELD_NAME = 'expected the name of a field, such as occurredAt or meta.time';
const fieldName = z
  .string({ error: FIELD_NAME })
  .max(200)
  .refine((name) => name.split('.').every((part) => part !== ''), { error: FIELD_NAME });

const NAMES = 'expected the name of a field, or a list of names of which the first that is there counts';
const fieldNames = (what: string, byDefault: readonly string[]) =>
  z
    .union([fieldName.transform((name) => [name]), z.array(fieldName)], { error: NAMES })
    .optional()
    .describe(`${what} Default: ${byDefault.join(', ') || 'none'}.`);

const word = z.string().min(1).max(MAX_WORD_BYTES);
const outcomeName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,31}$/, { error: 'expected an outcome in small letters, such as rejected' });

/** Complains about what stands in two of the lists: it can belong to one of them only. */
const nothingTwice =
  (what: string, keyOf: (item: string) => string) =>
  ({ value, issues }: z.core.ParsePayload<Record<string, string[]> | string[][]>): void => {
    const owners = new Map<string, string>();
    for (const [owner, items] of Object.entries(value)) {
      for (const [at, item] of items.entries()) {
        const first = owners.get(keyOf(item)) ?? owner;
        owners.set(keyOf(item), first);
        if (first === owner) continue;
        const path = [Array.isArray(value) ? Number(owner) : owner, at];
        const message = `${what} belongs to one of these lists, but \`${item}\` stands in another, too`;
        issues.push({ code: 'custom', input: value, path, message });
      }
    }
  };

/** The keys of `monitor:` in a scenario, and of a configuration of the monitor by itself; sections come from plug-ins. */
export const monitorSchema = z.strictObject({
  port: z
    .int()
    .min(0)
    .max(65_535)
    .default(9091)
    .describe('Where 127.0.0.1 serves /metrics; 0: any that is free.'),
  pattern: z
    .string()
    .optional()
    .describe(
      'Where events are, and which tokens name them: cim.events.{domain}.{type}, cim.events.{domain}.*.{type}. Deeper subjects are taken too. Default: events.subject.',
    ),
  subject: z
    .string()
    .optional()
    .describe(
      'What the monitor subscribes to, where that should be something else than follows from the pattern.',
    ),
  'own-events': z
    .boolean()
    .default(true)
    .describe(
      'Whether the run says what it does, and the monitor what it sees, as events on cim.events.stormglass.> and cim.events.nats.>.',
    ),
  partitions: z
    .int()
    .min(1)
    .max(MAX_PARTITIONS)
    .optional()
    .describe(
      'Of a run: as how many monitors it runs, each with a thread and a page of its own, and a share of the domains. Default: 1.',
    ),
  together: z
    .array(z.array(z.string().min(1).max(200)).min(2))
    .check(nothingTwice('a domain', (domain) => domain))
    .optional()
    .describe(
      'Domains that one of several monitors has all of, since their events belong together, as those of one workflow.',
    ),
  'max-series': countSchema
    .refine((count) => count >= 2 && count <= MAX_SERIES, { error: 'expected from 2 to 1M series' })
    .optional()
    .describe('Pairs of domain and type to tell apart, `other` among them. Default: 10k.'),
  format: z
    .enum(['auto', 'json', 'opaque'])
    .optional()
    .describe(
      'auto: what begins like JSON is read as JSON; json: everything else counts as an error; opaque: nothing is read. Default: auto.',
    ),
  fields: z
    .strictObject({
      time: fieldNames('When the event happened.', fields.time),
      outcome: fieldNames('How it ended, in a word, or true for success.', fields.outcome),
      error: fieldNames('What went wrong: where this is there, the event failed.', fields.error),
      correlation: fieldNames('What it belongs to, together with other events.', fields.correlation),
      agent: fieldNames('Whom it is about.', fields.agent),
      sequence: fieldNames(
        'Its number among those of its source, without gaps: what is missing, late or comes again is told by it.',
        fields.sequence,
      ),
      source: fieldNames(
        'Who numbers it. Where it is not named, each domain numbers its own.',
        fields.source,
      ),
    })
    .refine(({ sequence, source }) => source === undefined || sequence !== undefined, {
      error: 'a source is of no use without the number that it gives: name `sequence`, too',
      path: ['source'],
    })
    .optional()
    .describe('What the fields of JSON events are called; dots lead into objects.'),
  outcomes: z
    .record(outcomeName, z.array(word))
    .refine((given) => Object.keys({ ...outcomes, ...given }).length <= MAX_OUTCOMES, {
      error: `expected at most ${MAX_OUTCOMES} outcomes`,
    })
    .check(nothingTwice('a word', (said) => said.toLowerCase()))
    .optional()
    .describe(
      'Outcomes, each with the words that say it: in the outcome’s field, or at the end of the name of a type. Those that are not named keep their own.',
    ),
  'max-event-size': sizeSchema
    .refine((bytes) => bytes > 0, { error: 'expected a size above zero, such as 1MiB' })
    .optional()
    .describe('JSON that is larger is counted and not read. Default: 1MiB.'),
  'max-depth': z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe(
      'Objects and arrays within each other: JSON that is deeper is counted and not read. Default: 64.',
    ),
  'max-sources': countSchema
    .refine((count) => count <= MAX_SOURCES, { error: 'expected at most 100k sources' })
    .optional()
    .describe('Sources that number their events: so many are followed at a time. Default: 10k.'),
});

export type MonitorInput = z.output<typeof monitorSchema>;
export type DeclaredFields = { readonly [Name in EventFieldName]?: readonly string[] | undefined };

/** With the sections of those who follow events. */
export function monitorSchemaWith(sections: MonitorSections): z.ZodObject {
  return monitorSchema.extend(
    Object.fromEntries(Object.entries(sections).map(([name, { schema }]) => [name, schema.optional()])),
  );
}

/** As it stands in a scenario, which may leave all of it to a file. */
export function monitorPartSchema(sections: MonitorSections): z.ZodObject {
  return monitorSchemaWith(sections).extend({
    config: z
      .string()
      .min(1)
      .optional()
      .describe('A file that has these keys; what stands beside it in the scenario goes before.'),
  });
}
