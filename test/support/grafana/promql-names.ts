/** What an expression asks for: metrics, each with the labels that are held against something. */
export interface MetricUse {
  readonly metric: string;
  readonly labels: readonly string[];
}

const STRING = /"(?:[^"\\]|\\.)*"/g;
const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;
/** A name, its selector, and the parenthesis that makes it a function. */
const NAME = /(?<![\w:])([a-zA-Z_:][\w:]*)(?![\w:])\s*(\{[^}]*\})?\s*(\()?/g;
/** A selector of series by their labels alone. */
const NAMELESS = /(?<![\w:\s])\s*\{[^}]*\}/g;
const WORDS = new Set([
  'and',
  'or',
  'unless',
  'bool',
  'offset',
  'by',
  'without',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'inf',
  'nan',
]);

/** Metrics of an expression whose variables were put in. It is told apart by shape; promtool says whether it parses. */
export function metricsUsed(expr: string): MetricUse[] {
  const bare = bareText(expr).replace(GROUPING, ' ').replace(NAMELESS, ' ');
  return [...bare.matchAll(NAME)]
    .filter(
      ([, name, selector, call]) =>
        selector !== undefined || (call === undefined && !WORDS.has(name as string)),
    )
    .map(([, metric, selector = '']) => ({
      metric: metric as string,
      labels: [...selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label as string),
    }));
}

/** Labels by which an expression groups and joins. */
export function labelsGroupedBy(expr: string): string[] {
  return [...bareText(expr).matchAll(GROUPING)]
    .flatMap(([, labels]) => (labels as string).split(','))
    .map((label) => label.trim())
    .filter((label) => label !== '');
}

/** Without strings and ranges, in which anything may stand. */
const bareText = (expr: string): string => expr.replace(STRING, '""').replace(/\[[^\]]*\]/g, ' ');
