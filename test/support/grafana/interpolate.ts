/** What stands for a variable: one value, several, or "All", which is written as it is. */
export type VariableValue = string | readonly string[] | { readonly all: string };

export interface TimeShown {
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** The data source's: how often Prometheus scrapes. */
  readonly scrapeSeconds: number;
  /** Points that fit into a panel. */
  readonly maxPoints: number;
}

const REFERENCE = /\$(\w+)|\$\{(\w+)(?::(\w+))?\}/g;

/** From one point to the next: as many as fit, no more than there are scrapes. */
export function stepSeconds({ fromSeconds, toSeconds, scrapeSeconds, maxPoints }: TimeShown): number {
  return Math.max(Math.ceil((toSeconds - fromSeconds) / maxPoints), scrapeSeconds);
}

/**
 * Puts values into an expression as Grafana's Prometheus data source does: chosen values are escaped for a regular
 * expression, several become alternatives, and the built-in variables follow from the time shown.
 * @throws Error for a variable that nobody has
 */
export function interpolate(
  expr: string,
  variables: ReadonlyMap<string, VariableValue>,
  time: TimeShown,
): string {
  const builtIn = builtInValues(time);
  return expr.replace(REFERENCE, (text, bare?: string, braced?: string) => {
    const name = bare ?? braced ?? '';
    const own = builtIn[name];
    if (own !== undefined) return own;
    const value = variables.get(name);
    if (value === undefined) throw new Error(`no variable ${name}: ${text} in ${expr}`);
    if (typeof value === 'string') return escapedText(value);
    if ('all' in value) return value.all;
    const choices = value.map(escapedRegex);
    return choices.length === 1 ? (choices[0] as string) : `(${choices.join('|')})`;
  });
}

function builtInValues(time: TimeShown): Readonly<Record<string, string>> {
  const step = stepSeconds(time);
  const range = Math.max(Math.round(time.toSeconds - time.fromSeconds), 1);
  return {
    __interval: `${step}s`,
    __interval_ms: String(step * 1000),
    __rate_interval: `${Math.max(step + time.scrapeSeconds, 4 * time.scrapeSeconds)}s`,
    __range: `${range}s`,
    __range_s: String(range),
    __range_ms: String(range * 1000),
  };
}

/** Of a variable of which one value is chosen: it stands in a string. */
const escapedText = (value: string): string => value.replace(/\\/g, '\\\\').replace(/'/g, "\\\\'");

/** Of one of which several may be: it stands in a regular expression that stands in a string. */
const escapedRegex = (value: string): string =>
  value.replace(/\\/g, '\\\\\\\\').replace(/[$^*{}[\]'+?.()|]/g, '\\\\$&');
