import { z } from 'zod';
import { causeChain } from '../base/errors.js';

/** A server on this machine that is not busy answers within milliseconds. */
const ANSWERS_WITHIN_MS = 5_000;

const labelsSchema = z.record(z.string(), z.string());
export type Labels = z.output<typeof labelsSchema>;

const matrixSchema = z.object({
  result: z.array(z.object({ metric: labelsSchema, values: z.array(z.tuple([z.number(), z.string()])) })),
});

/** A series with its raw samples: moment in Unix seconds, value. */
export type SampledSeries = z.output<typeof matrixSchema>['result'][number];

const vectorSchema = z.discriminatedUnion('resultType', [
  z.object({ resultType: z.enum(['scalar', 'string']), result: z.tuple([z.number(), z.string()]) }),
  z.object({
    resultType: z.literal('vector'),
    result: z.array(z.object({ metric: labelsSchema, value: z.tuple([z.number(), z.string()]) })),
  }),
]);

const rulesSchema = z.object({
  groups: z.array(
    z.object({
      name: z.string(),
      interval: z.number(),
      lastEvaluation: z.string(),
      rules: z.array(
        z.object({
          name: z.string(),
          query: z.string(),
          type: z.string(),
          health: z.string(),
          lastError: z.string().optional(),
          duration: z.number().optional(),
        }),
      ),
    }),
  ),
});
export type EvaluatedGroup = z.output<typeof rulesSchema>['groups'][number];

const targetsSchema = z.object({
  activeTargets: z.array(
    z.object({ scrapeUrl: z.string(), health: z.string(), lastError: z.string(), lastScrape: z.string() }),
  ),
});
export type ScrapedTarget = z.output<typeof targetsSchema>['activeTargets'][number];

/** What is asked of a running Prometheus. Each rejects with what kept it from an answer; none takes longer than a few seconds. */
export class PrometheusApi {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** The raw samples of a range selector, `ALERTS[30s]`, that ends at that moment, in Unix seconds. */
  async samples(selector: string, atSeconds: number): Promise<SampledSeries[]> {
    const query = { query: selector, time: atSeconds.toFixed(3) };
    return matrixSchema.parse(await this.#ask('query', query)).result;
  }

  /** An instant query, as things stood at that moment, in Unix seconds. */
  async valuesAt(query: string, atSeconds: number) {
    const answer = vectorSchema.parse(await this.#ask('query', { query, time: atSeconds.toFixed(3) }));
    if (answer.resultType !== 'vector') return [{ metric: {}, value: answer.result[1] }];
    return answer.result.map(({ metric, value }) => ({ metric, value: value[1] }));
  }

  async groups(): Promise<EvaluatedGroup[]> {
    return rulesSchema.parse(await this.#ask('rules')).groups;
  }

  async targets(): Promise<ScrapedTarget[]> {
    return targetsSchema.parse(await this.#ask('targets')).activeTargets;
  }

  async #ask(what: string, parameters: Readonly<Record<string, string>> = {}): Promise<unknown> {
    const url = new URL(`/api/v1/${what}`, this.#url);
    for (const [key, value] of Object.entries(parameters)) url.searchParams.set(key, value);
    let answer: { status?: string; error?: string; data?: unknown };
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) });
      answer = (await response.json()) as typeof answer;
    } catch (error) {
      throw new Error(`Prometheus does not answer: ${causeChain(error).at(-1)}`, { cause: error });
    }
    if (answer.status !== 'success') throw new Error(`Prometheus: ${answer.error ?? 'no data'}`);
    return answer.data;
  }
}
