import { z } from 'zod';
import type { DashboardJson } from './dashboard-json.js';
import type { DashboardQuery } from './dashboard-queries.js';
import { interpolate, stepSeconds, type TimeShown, type VariableValue } from './interpolate.js';
import { labelValuesOf } from './variable-query.js';

const ANSWERS_WITHIN_MS = 30_000;

const answerSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('success'), data: z.unknown() }),
  z.object({ status: z.literal('error'), error: z.string() }),
]);
const valuesSchema = z.object({ result: z.array(z.unknown()) });

/** What Prometheus' HTTP API says. @throws Error with its words when it refuses */
export async function askPrometheus(
  url: string,
  what: string,
  parameters: Readonly<Record<string, string>>,
): Promise<unknown> {
  const response = await fetch(new URL(`/api/v1/${what}?${new URLSearchParams(parameters)}`, url), {
    signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
  });
  const answer = answerSchema.parse(await response.json());
  if (answer.status === 'error') throw new Error(`${answer.error}: ${JSON.stringify(parameters)}`);
  return answer.data;
}

/** How many series Grafana would get for a query. */
export async function seriesOf(
  url: string,
  { expr, isInstant }: DashboardQuery,
  variables: ReadonlyMap<string, VariableValue>,
  time: TimeShown,
): Promise<number> {
  const query = interpolate(expr, variables, time);
  const parameters: Record<string, string> = isInstant
    ? { query, time: String(time.toSeconds) }
    : {
        query,
        start: String(time.fromSeconds),
        end: String(time.toSeconds),
        step: String(stepSeconds(time)),
      };
  const data = await askPrometheus(url, isInstant ? 'query' : 'query_range', parameters);
  return valuesSchema.parse(data).result.length;
}

/** What the query of a variable offers for choice. */
export async function choicesOf(
  url: string,
  variable: DashboardJson['templating']['list'][number],
  variables: ReadonlyMap<string, VariableValue>,
  time: TimeShown,
): Promise<string[]> {
  const { series, label } = labelValuesOf(variable);
  const data = await askPrometheus(url, `label/${label}/values`, {
    'match[]': interpolate(series, variables, time),
    start: String(time.fromSeconds),
    end: String(time.toSeconds),
  });
  return z.array(z.string()).parse(data);
}
