import { messageOf } from '../base/errors.js';
import type { Labels, PrometheusApi } from './prometheus-api.js';
import { comparedSides } from './promql-text.js';

const MOST_SERIES = 4;
const MOST_SIDES = 3;

/**
 * What there was when an alert did not fire: a page that does not answer, a rule that cannot be evaluated, or the values that its expression
 * compared. Never rejects.
 */
export async function whatInstead(api: PrometheusApi, alert: string, atSeconds: number): Promise<string> {
  try {
    const silent = (await api.targets()).find(({ health }) => health === 'down');
    const rules = (await api.groups()).flatMap((group) => group.rules);
    const own = rules.filter(({ name, type }) => name === alert && type === 'alerting');
    const broken = own.find(({ health }) => health === 'err');
    if (broken !== undefined) return `its rule cannot be evaluated: ${broken.lastError}`;
    const sides = [...new Set(own.flatMap(({ query }) => comparedSides(query)))].slice(0, MOST_SIDES);
    const told = await Promise.all(sides.map((side) => showValues(api, side, atSeconds)));
    // It may have answered at that moment: what was there then is told as well.
    if (silent !== undefined) told.unshift(`${silent.scrapeUrl} does not answer: ${silent.lastError}`);
    return told.join('; ');
  } catch (error) {
    return messageOf(error);
  }
}

async function showValues(api: PrometheusApi, expression: string, atSeconds: number): Promise<string> {
  const text = expression.replace(/\s+/g, ' ');
  const values = await api.valuesAt(expression, atSeconds).catch(() => undefined);
  if (values === undefined) return `\`${text}\` could not be asked for`;
  if (values.length === 0) return `\`${text}\` had no value`;
  const shown = values
    .slice(0, MOST_SERIES)
    .map(({ metric, value }) => `${shorten(value)}${labelsOf(metric)}`);
  const more = values.length > MOST_SERIES ? ` and ${values.length - MOST_SERIES} more` : '';
  return `\`${text}\` was ${shown.join(', ')}${more}`;
}

const shorten = (value: string): string =>
  Number.isFinite(Number(value)) ? String(Number(Number(value).toPrecision(4))) : value;

function labelsOf({ __name__: _, instance: __, job: ___, ...labels }: Labels): string {
  const entries = Object.entries(labels);
  return entries.length === 0 ? '' : ` (${entries.map(([name, value]) => `${name} ${value}`).join(', ')})`;
}
