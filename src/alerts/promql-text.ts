import { dividePrometheusDuration, parsePrometheusDuration } from './prometheus-duration.js';

const QUOTED = /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|#[^\n]*/g;

/** The expression with what is in quotes or a comment blanked, each character in its place. */
const codeOf = (expression: string): string => expression.replace(QUOTED, (text) => '"'.repeat(text.length));

/** `[5m]`, `[1h:30s]`, `offset 1d`, `offset -5m`. */
const WINDOW = /\[[^\]]*\]|\boffset\s+-?\s*[\dywdhms]+/g;
const DURATION = /\d+[ywdhms][\dywdhms]*/g;

/**
 * An expression with every time that it looks back divided: range windows, steps of subqueries and offsets. Numbers stand
 * as they are, those too that are meant as seconds.
 */
export function divideWindows(expression: string, factor: number): string {
  let divided = '';
  let end = 0;
  for (const { 0: window, index } of codeOf(expression).matchAll(WINDOW)) {
    divided += expression.slice(end, index);
    divided += window.replace(DURATION, (duration) => dividePrometheusDuration(duration, factor));
    end = index + window.length;
  }
  return divided + expression.slice(end);
}

/** Windows that need not be filled to say something: the last value, the highest, whether there was any. */
const PATIENT = /\b(?:max|min|last|present|absent)_over_time\s*\([^()]*\[[^\]]*\]\s*\)/g;

/** The longest time back that what an expression says depends on: windows and offsets, each for itself. */
export function longestLookBackNs(expression: string): number {
  const windows = codeOf(expression).replace(PATIENT, '').match(WINDOW) ?? [];
  const times = windows.flatMap((window) => window.match(DURATION) ?? []);
  return Math.max(0, ...times.map((time) => parsePrometheusDuration(time) ?? 0));
}

/** Every name that stands in an expression: of metrics, functions, labels. */
export const namesIn = (expression: string): ReadonlySet<string> =>
  new Set(codeOf(expression).match(/[a-zA-Z_:][a-zA-Z0-9_:]*/g) ?? []);

const SET_OPERATOR = /\b(?:and|or|unless)\b/y;
const COMPARISON = /(?:==|!=|<=|>=|<|>)(?:\s*bool\b)?/y;
/** What follows an operator to say how series are matched. */
const MATCHING = /\s*\b(?:on|ignoring)\s*\([^)]*\)(?:\s*group_(?:left|right)\b\s*(?:\([^)]*\))?)?/y;

/**
 * What an alert compares with something: of `a > 1 and b == 0`, both `a` and `b`. It is for showing what was there
 * instead, and not for judging.
 */
export function comparedSides(expression: string): readonly string[] {
  const sides = splitTop(expression, SET_OPERATOR).flatMap((part) => {
    const [side = '', ...others] = splitTop(part, COMPARISON);
    const text = side.trim();
    // What is all there is of a part may hold the comparison within.
    const inner = others.length === 0 ? WRAPPED.exec(text) : null;
    if (inner === null) return [text];
    return comparedSides(splitTop(text.slice(inner[0].length, -1), COMMA)[0] as string);
  });
  return [...new Set(sides.filter((side) => side !== ''))];
}

/** `(a > 1)`, `label_replace(a > 1, "b", "", "", "")` */
const WRAPPED = /^(?:label_replace|label_join)?\s*\((?=[\s\S]*\)$)/;
const COMMA = /,/y;

/** Splits where an operator stands outside of all brackets and quotes. */
function splitTop(expression: string, operator: RegExp): string[] {
  const code = codeOf(expression);
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < code.length; i++) {
    const character = code[i] as string;
    if ('([{'.includes(character)) depth++;
    if (')]}'.includes(character)) depth--;
    operator.lastIndex = i;
    const found = depth === 0 ? operator.exec(code) : null;
    if (found === null) continue;
    parts.push(expression.slice(start, i));
    MATCHING.lastIndex = i + found[0].length;
    start = MATCHING.lastIndex + (MATCHING.exec(code)?.[0].length ?? 0);
    i = start - 1;
  }
  return [...parts, expression.slice(start)];
}
