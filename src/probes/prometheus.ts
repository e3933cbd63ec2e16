import { z } from 'zod';
import type { ProbeKind, ProbeLook } from '../contracts/probe.js';
import { type Expectation, expectationSchema, meets } from './expectation.js';
import { readAnswer } from './read-answer.js';

const prometheusSchema = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'expected a URL such as http://127.0.0.1:9090' })
    .describe('Where Prometheus is'),
  query: z.string().min(1).describe('In PromQL; every series of the answer must be as expected'),
  expect: expectationSchema.describe('What each value must be: "< 5", "== 0"'),
});

/** A Prometheus query gives what is expected. A query without data does not: nobody has measured anything then. */
export const prometheus = {
  kind: 'prometheus',
  summary: 'every series that a Prometheus query gives meets `expect`',
  schema: prometheusSchema,
  create(params) {
    const { url, query, expect } = prometheusSchema.parse(params);
    return {
      async look({ timeoutMs }) {
        const asked = new URL('api/v1/query', url.endsWith('/') ? url : `${url}/`);
        asked.searchParams.set('query', query);
        return judge(await readAnswer(asked, 'GET', timeoutMs), expect);
      },
    };
  },
} satisfies ProbeKind & { readonly schema: z.ZodObject };

const sampleSchema = z.tuple([z.number(), z.string()]);
const answerSchema = z.object({
  status: z.string(),
  error: z.string().optional(),
  data: z
    .discriminatedUnion('resultType', [
      z.object({ resultType: z.enum(['scalar', 'string']), result: sampleSchema }),
      z.object({
        resultType: z.literal('vector'),
        result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: sampleSchema })),
      }),
      z.object({ resultType: z.literal('matrix'), result: z.array(z.unknown()) }),
    ])
    .optional(),
});

/** Of the answer to an instant query, as https://prometheus.io/docs/prometheus/latest/querying/api/ describes it. */
function judge({ status, text }: { status: number; text: string }, expect: Expectation): ProbeLook {
  const parsed = answerSchema.safeParse(readJson(text));
  if (!parsed.success) return { holds: false, saw: `status ${status}, and no answer of Prometheus` };
  const { error, data } = parsed.data;
  if (parsed.data.status !== 'success' || data === undefined)
    return { holds: false, saw: error ?? 'no data' };
  if (data.resultType === 'matrix') return { holds: false, saw: 'the query gives ranges, not values' };
  const series =
    data.resultType === 'vector'
      ? data.result.map(({ metric, value }) => ({ metric, value: toNumber(value[1]) }))
      : [{ metric: {}, value: toNumber(data.result[1]) }];
  if (series.length === 0) return { holds: false, saw: 'the query gives no data' };
  const unmet = series.find(({ value }) => !meets(expect, value));
  if (unmet === undefined) {
    const [only] = series;
    return {
      holds: true,
      saw: series.length === 1 ? String(only?.value) : `${series.length} series ${expect.text}`,
    };
  }
  const labels = Object.entries(unmet.metric).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return {
    holds: false,
    saw: `${unmet.value}${labels.length > 0 ? ` of {${labels.join(', ')}}` : ''}, not ${expect.text}`,
  };
}

const toNumber = (text: string): number =>
  text === '+Inf' ? Number.POSITIVE_INFINITY : text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
