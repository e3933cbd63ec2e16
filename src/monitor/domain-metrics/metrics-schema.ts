import { z } from 'zod';
import { countSchema, durationSchema } from '../../base/unit-schemas.js';
import { fieldSchema } from '../tables/pattern-schema.js';
import { labelProblem, nameProblem, servedNames, unitProblem } from './metric-names.js';

const MOST_METRICS = 200;
const MOST_LABELS = 10;
const MOST_BUCKETS = 100;
const MOST_SERIES = 100_000;

/** What a field of an event reads like where labels and conditions look at the subject. */
export const DOMAIN_FIELD = '$domain';
export const TYPE_FIELD = '$type';

const WORD = 'expected a word in which * stands for any letters, such as orders or *Sampled';
const wordSchema = z.string({ error: WORD }).regex(/^[^\s.>]+$/, { error: WORD });

const SCALE = 'expected a number that the field is multiplied by, such as 0.001';
const scaleSchema = z
  .number({ error: SCALE })
  .refine((scale) => Number.isFinite(scale) && scale !== 0, { error: SCALE });

const fromSchema = z.strictObject({
  domain: wordSchema.default('*').describe('The domain of its events; * stands for any letters'),
  type: wordSchema.default('*').describe('The type of its events; * stands for any letters'),
  where: z
    .record(fieldSchema, z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .describe('Only events whose fields read so: { currency: EUR }'),
  field: fieldSchema
    .optional()
    .describe('The field that holds the value, where it is not that of the metric'),
  value: z
    .number({ error: 'expected a number' })
    .refine(Number.isFinite, { error: 'expected a number' })
    .optional()
    .describe('The value itself, in place of a field: 1 while something is so, 0 when it is not'),
  scale: scaleSchema
    .optional()
    .describe('What the field is multiplied by, where it is not that of the metric'),
  removes: z.boolean().default(false).describe('Of a gauge: these events take away what has their labels'),
});

const metricSchema = z
  .strictObject({
    name: z.string().describe('With its unit, a counter with _total: orders_value_euros_total'),
    type: z.enum(['counter', 'gauge', 'histogram']).describe('What it is to Prometheus'),
    help: z.string().min(1).max(500).describe('What it says, in a sentence'),
    unit: z
      .string()
      .optional()
      .describe('A base unit, which the name ends with: seconds, bytes, ratio, euros'),
    from: z
      .union([fromSchema, z.array(fromSchema).min(1)], {
        error: 'expected { domain, type }, or a list of such: at least one',
      })
      .describe('The events that it is made of; of several that mean an event, the first counts'),
    field: fieldSchema
      .optional()
      .describe('The number in the event. A counter adds it up; without a field it counts events'),
    scale: scaleSchema.default(1).describe('What the field is multiplied by: 0.001 for milliseconds'),
    'running-total': z
      .boolean()
      .default(false)
      .describe('Of a counter: the field holds the sum so far, and not what is added'),
    labels: z
      .record(z.string(), z.union([fieldSchema, z.enum([DOMAIN_FIELD, TYPE_FIELD])]))
      .default({})
      .describe('Label → the field that it has its value from; $domain and $type are those of the event'),
    buckets: z
      .array(z.number())
      .min(1)
      .max(MOST_BUCKETS)
      .optional()
      .describe('Of a histogram: upper bounds, ascending, in the unit of the metric'),
    'max-series': countSchema
      .refine((count) => count <= MOST_SERIES, { error: `expected at most ${MOST_SERIES}` })
      .prefault(1000)
      .describe('Combinations of labels that are told apart, the rest are `other`. Default: 1000'),
    'expires-after': durationSchema
      .refine((ns) => ns > 0, { error: 'expected a time above zero, such as 10m' })
      .optional()
      .describe('Of a gauge: what had no event for so long goes away. Default: never'),
    'one-per': z
      .array(z.string())
      .optional()
      .describe(
        'Of a gauge: of all combinations that agree in these labels, only the last one told is shown',
      ),
  })
  .superRefine((metric, context) => {
    const add = (path: (string | number)[], message: string) =>
      // zod puts what leads to the metric into the path that it is given.
      context.addIssue({ code: 'custom', path: [...path], message, input: undefined });
    const { name, type, unit, labels, field, buckets } = metric;
    const sources = Array.isArray(metric.from) ? metric.from : [metric.from];
    const ofUnit = unit === undefined ? undefined : unitProblem(unit);
    if (ofUnit !== undefined) add(['unit'], ofUnit);
    const ofName = nameProblem(ofUnit === undefined ? metric : { name, type, labels });
    if (ofName !== undefined) add(['name'], ofName);
    for (const label of Object.keys(labels)) {
      const problem = labelProblem(label, type);
      if (problem !== undefined) add(['labels', label], problem);
    }
    if (Object.keys(labels).length > MOST_LABELS) add(['labels'], `expected at most ${MOST_LABELS} labels`);
    sources.forEach((source, i) => {
      const path = Array.isArray(metric.from) ? ['from', i] : ['from'];
      if (source.domain === '*' && source.type === '*' && Object.keys(source.where).length === 0)
        add(path, 'expected a domain or a type: every event there is would be meant');
      if (source.value !== undefined && source.field !== undefined)
        add([...path, 'value'], 'there is a field and a value: expected one of them');
      if (source.removes && type !== 'gauge') add([...path, 'removes'], `a ${type} is never taken away`);
      const hasValue = source.value !== undefined || (source.field ?? field) !== undefined;
      if (type !== 'counter' && !hasValue && !source.removes)
        add(path, `a ${type} needs a field or a value: expected \`field:\` here or beside \`from\``);
      if (type === 'counter' && source.value !== undefined && source.value < 0)
        add([...path, 'value'], 'a counter does not fall: expected a number from 0 on');
    });
    if (type === 'histogram' && buckets === undefined)
      add(['buckets'], 'a histogram needs its upper bounds: expected such as [0.1, 1, 10]');
    if (type !== 'histogram' && buckets !== undefined) add(['buckets'], `a ${type} has no buckets`);
    if (
      buckets?.some(
        (bound, i) => !Number.isFinite(bound) || bound <= (buckets[i - 1] ?? Number.NEGATIVE_INFINITY),
      )
    )
      add(['buckets'], 'expected bounds that rise from one to the next; the last, +Inf, comes by itself');
    if (metric['running-total'] && (type !== 'counter' || (field ?? sources[0]?.field) === undefined))
      add(['running-total'], 'only a counter with a field can have a running total');
    if (metric['expires-after'] !== undefined && type !== 'gauge')
      add(['expires-after'], `only a gauge goes away, and this is a ${type}`);
    if (metric['one-per'] !== undefined) {
      if (type !== 'gauge') add(['one-per'], `only a gauge goes away, and this is a ${type}`);
      metric['one-per'].forEach((label, i) => {
        if (!Object.hasOwn(labels, label)) add(['one-per', i], 'expected one of the labels');
      });
    }
  });

/** The section `metrics:` of the monitor's configuration. */
export const metricsSchema = z
  .array(metricSchema)
  .max(MOST_METRICS)
  .superRefine((metrics, context) => {
    const served = new Map<string, string>();
    metrics.forEach((metric, i) => {
      const clash = servedNames(metric).find((name) => served.has(name));
      if (clash !== undefined) {
        const message = `${served.get(clash)} is declared already: choose another name`;
        context.addIssue({ code: 'custom', path: [i, 'name'], message, input: undefined });
      }
      for (const name of servedNames(metric)) served.set(name, metric.name);
    });
  })
  .describe('Metrics that are made of fields of events');

export type DeclaredMetric = z.output<typeof metricSchema>;
export type MetricFrom = z.output<typeof fromSchema>;
