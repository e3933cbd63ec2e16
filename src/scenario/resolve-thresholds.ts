import { messageOf } from '../base/errors.js';
import { nearest, suggestion } from '../base/nearest.js';
import type { PhaseName } from '../contracts/plan/phase.js';
import type { ThresholdPlan } from '../contracts/plan/thresholds.js';
import { lackOf } from './measures-of-load.js';
import { parsePart } from './parse-part.js';
import type { ParsedThreshold, ParseThreshold } from './plugins.js';
import type { Findings, Path } from './problem.js';
import type { ResolvedLoads } from './resolve-loads.js';
import { thresholdListSchema } from './threshold-schema.js';

interface Surroundings {
  readonly loads: ResolvedLoads;
  /** `undefined`: not all are known, and none is checked against. */
  readonly loadNames: readonly string[] | undefined;
  readonly hasFaults: boolean;
  readonly parseThreshold: ParseThreshold;
}

/** The thresholds as planned, in the order of the scenario. */
export function resolveThresholds(
  thresholds: Readonly<Record<string, unknown>>,
  around: Surroundings,
  findings: Findings,
): readonly ThresholdPlan[] {
  const plans: ThresholdPlan[] = [];
  for (const [subject, value] of Object.entries(thresholds)) {
    const path = ['thresholds', subject];
    if (!loadIsKnown(subject, path, around.loadNames, findings)) continue;
    const entries = parsePart(thresholdListSchema, value, path, findings) ?? [];
    const told = new Map<string, string>();
    for (const [i, entry] of entries.entries()) {
      const { expect, during } = typeof entry === 'string' ? { expect: entry, during: undefined } : entry;
      const at = typeof entry === 'string' ? [...path, i] : [...path, i, 'expect'];
      const parsed = parse(around.parseThreshold, subject, expect, at, told, findings);
      if (parsed === undefined || !makesSense(parsed, during, [...path, i], around, findings)) continue;
      const text = `${subject} ${expect.trim()}${during === undefined ? '' : ` during ${during}`}`;
      plans.push({ text, ...parsed, ...(during !== undefined && { during }) });
    }
  }
  return plans;
}

function loadIsKnown(
  subject: string,
  path: Path,
  loadNames: readonly string[] | undefined,
  findings: Findings,
): boolean {
  const dot = subject.lastIndexOf('.');
  const load = subject.slice(0, dot);
  if (dot < 0 || loadNames === undefined || loadNames.includes(load)) return true;
  const near = nearest(load, loadNames);
  const hint =
    near === undefined
      ? suggestion(load, loadNames, 'The loads are')
      : `Did you mean \`${near}${subject.slice(dot)}\`?`;
  findings.addAtKey(path, `there is no load \`${load}\``, hint);
  return false;
}

function parse(
  parseThreshold: ParseThreshold,
  subject: string,
  expect: string,
  path: Path,
  told: Map<string, string>,
  findings: Findings,
): ParsedThreshold | undefined {
  try {
    return parseThreshold(subject, expect);
  } catch (error) {
    const hint =
      error instanceof Error && 'hint' in error && typeof error.hint === 'string' ? error.hint : undefined;
    const message = messageOf(error);
    // The same words about another text are about the subject: they are told once.
    if ((told.get(message) ?? expect) === expect) findings.add(path, message, hint);
    told.set(message, expect);
    return undefined;
  }
}

function makesSense(
  { load, measure }: ParsedThreshold,
  during: PhaseName | undefined,
  path: Path,
  around: Surroundings,
  findings: Findings,
): boolean {
  const before = findings.all.length;
  const named = around.loads.loads.filter(({ plan }) => plan.name === load);
  const of = named.length === 1 ? named[0] : undefined;
  const lack = of && lackOf(measure, of);
  if (lack !== undefined) findings.add(path, lack.message, lack.hint);
  if (measure === 'recovery_time' && !around.hasFaults) {
    findings.add(path, 'there is no fault to recover from', 'Add a fault, or leave this threshold out.');
  } else if (measure === 'recovery_time' && around.loads.complete && !hasAcknowledged(around.loads)) {
    const message = 'recovery is seen by acknowledged operations, and no load has any';
    findings.add(path, message, 'Add a load of a kind that is acknowledged, such as js-publish.');
  } else if (during === 'faults' && !around.hasFaults) {
    findings.add(
      [...path, 'during'],
      'no fault ever holds in this scenario',
      'Leave `during` out, or add a fault.',
    );
  } else if (during === 'warm-up' && of !== undefined && of.plan.warmUpNs === 0) {
    const message = `${load} has no warm-up`;
    findings.add([...path, 'during'], message, 'Leave `during` out, or give the load a `warm-up`.');
  }
  return findings.all.length === before;
}

/** Whether some load's operations are acknowledged, so that there is a history and a recovery. */
export const hasAcknowledged = ({ loads }: ResolvedLoads): boolean =>
  loads.some(({ facts }) => facts.acknowledged);
