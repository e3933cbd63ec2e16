import type { z } from 'zod';
import { nearest, suggestion } from '../base/nearest.js';
import { explainIssue, show } from './explain-issue.js';
import type { Findings, Path } from './problem.js';

/**
 * One part of a scenario through its schema. What is wrong goes to the findings; unknown keys are reported and then
 * left out, so that the rest of the part is still checked. `undefined` when the part cannot be used.
 */
export function parsePart<T extends z.ZodType>(
  schema: T,
  value: unknown,
  path: Path,
  findings: Findings,
): z.output<T> | undefined {
  const repaired = repairKeys(schema, value, path, findings);
  const result = schema.safeParse(repaired, { error: explainIssue });
  if (result.success) return result.data;
  for (const issue of result.error.issues.flatMap(expandUnion)) {
    if (issue.code === 'unrecognized_keys') {
      // Inside a union: the form that was meant knows none of these keys.
      reportUnknownKeys(issue, schema, path, findings);
      continue;
    }
    const steps = stepsOf(issue.path);
    const wrong = valueAt(repaired, steps);
    const report = issue.code === 'invalid_key' ? findings.addAtKey : findings.add;
    const message = worded(issue, wrong);
    report.call(findings, [...path, ...steps], message, hintFor(wrong, message));
  }
  return undefined;
}

/**
 * Reports the keys that the schema does not know. Returns the value with each of them under the name that was
 * probably meant, so that one mistake is not told as two, or without it.
 */
export function repairKeys(schema: z.ZodType, value: unknown, path: Path, findings: Findings): unknown {
  const { error } = schema.safeParse(value, { error: explainIssue });
  let repaired = value;
  for (const issue of error?.issues ?? []) {
    if (issue.code !== 'unrecognized_keys') continue;
    reportUnknownKeys(issue, schema, path, findings);
    const known = knownKeys(schema, issue.path);
    for (const key of issue.keys) {
      repaired = changeAt(repaired, stepsOf(issue.path), ({ [key]: moved, ...others }) => {
        const meant = nearest(key, known);
        return meant === undefined || meant in others ? others : { ...others, [meant]: moved };
      });
    }
  }
  return repaired;
}

function reportUnknownKeys(
  issue: z.core.$ZodIssueUnrecognizedKeys,
  schema: z.core.$ZodType,
  path: Path,
  findings: Findings,
): void {
  const known = knownKeys(schema, issue.path);
  for (const key of issue.keys) {
    const hint = suggestion(key, known, 'The keys here are');
    findings.addAtKey([...path, ...stepsOf(issue.path), key], `unknown key \`${key}\``, hint);
  }
}

const stepsOf = (path: readonly PropertyKey[]): Path =>
  path.map((step) => (typeof step === 'symbol' ? String(step) : step));

/** What zod says where a schema has no words of its own. */
const NO_WORDS = 'Invalid input';

/** The issues of the form that was probably meant: one of which only parts are wrong, or one that says why it is not. */
function expandUnion(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const isPart = (inner: z.core.$ZodIssue) => inner.path.length > 0 && inner.code !== 'unrecognized_keys';
  const isKey = (inner: z.core.$ZodIssue) => inner.path.length > 0 || inner.code === 'unrecognized_keys';
  const isReason = (inner: z.core.$ZodIssue) => inner.code === 'custom' && inner.message !== NO_WORDS;
  const meant =
    issue.errors.find((issues) => issues.every(isPart)) ??
    issue.errors.find((issues) => issues.every(isReason)) ??
    issue.errors.find((issues) => issues.every(isKey));
  if (meant === undefined) return [issue];
  return meant.flatMap((inner) => expandUnion({ ...inner, path: [...issue.path, ...inner.path] }));
}

/** The units' schemas say only what they expect: this says what it is, too. */
function worded(issue: z.core.$ZodIssue, wrong: unknown): string {
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  if (!message.startsWith('expected') || message.includes('but it is')) return message;
  if (issue.code === 'invalid_key') return `${message}, but it is ${show(issue.path.at(-1))}`;
  // Keys that do not go together: what they hold says it, and not that they are keys.
  if (issue.code === 'custom' && isKeyed(wrong)) return message;
  return wrong === undefined ? `this key is missing: ${message}` : `${message}, but it is ${show(wrong)}`;
}

function hintFor(value: unknown, message: string): string | undefined {
  // Where -1 means no limit, another number below zero is a mistake of another kind.
  if (message.includes('-1 for no limit')) return undefined;
  const negative =
    typeof value === 'number' ? value < 0 : typeof value === 'string' && /^-\s*[\d.]/.test(value);
  return negative ? 'It cannot be negative.' : undefined;
}

function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const step of path) at = (at as Record<string | number, unknown> | undefined | null)?.[step];
  return at;
}

type Keyed = Record<string, unknown>;

const isKeyed = (value: unknown): value is Keyed =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function changeAt(value: unknown, path: Path, change: (map: Keyed) => Keyed): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return change(value as Keyed);
  if (Array.isArray(value)) return value.with(step as number, changeAt(value[step as number], rest, change));
  return { ...(value as Keyed), [step]: changeAt((value as Keyed)[step], rest, change) };
}

/** The keys that a schema knows at a path. */
export function knownKeys(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const def = (schema as z.core.$ZodTypes)._zod.def;
  const [step, ...rest] = path;
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'readonly':
      return knownKeys(def.innerType, path);
    case 'pipe':
      return knownKeys(def.in, path);
    case 'union':
      return [...new Set(def.options.flatMap((option) => knownKeys(option, path)))];
    case 'array':
      return step === undefined ? [] : knownKeys(def.element, rest);
    case 'record':
      return step === undefined ? [] : knownKeys(def.valueType, rest);
    case 'object': {
      if (step === undefined) return Object.keys(def.shape);
      const inner = def.shape[String(step)];
      return inner === undefined ? [] : knownKeys(inner, rest);
    }
    default:
      return [];
  }
}
