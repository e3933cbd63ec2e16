import type { z } from 'zod';
import { messageOf } from '../../base/errors.js';
import { NS } from '../../base/nanoseconds.js';
import { suggestion } from '../../base/nearest.js';
import { formatDuration } from '../../base/units.js';
import {
  type AlertExpectation,
  type AlertsPlan,
  type KnownRules,
  NO_RECEIVER,
} from '../../contracts/alert.js';
import type { FaultPlan } from '../../contracts/plan/faults.js';
import type { DataFiles } from '../data-files.js';
import { parsePart } from '../parse-part.js';
import type { Findings, Path } from '../problem.js';
import { alertsSchema, expectationSchema } from './alerts-schema.js';

/** What Prometheus does more often than this says more of the machine than of the system. */
const SHORTEST_INTERVAL_NS = 250 * NS.ms;
const USUAL_FACTOR = 30;

/** Reads the rules that alerts are expected of: in a folder, or those that are shipped. Throws what is wrong with them. */
export type ReadRules = (dir?: string) => KnownRules;

export interface AlertScene {
  readonly faults: readonly FaultPlan[];
  /** Something is wrong with the faults: whom an alert comes after is not known then. */
  readonly areFaultsKnown: boolean;
  readonly files: Pick<DataFiles, 'locate'>;
  /** Without it, names are taken as they are. */
  readonly readRules?: ReadRules | undefined;
}

/** The alerts as planned; `undefined` where none is expected, or nothing can be made of them. */
export function resolveAlerts(value: unknown, scene: AlertScene, findings: Findings): AlertsPlan | undefined {
  if (value === undefined) return undefined;
  const isList = Array.isArray(value);
  const input = parsePart(alertsSchema, isList ? { expect: value } : value, ['alerts'], findings);
  if (input === undefined) return undefined;
  const rulesDir = input.rules === undefined ? undefined : scene.files.locate(input.rules);
  const rules = readRules(rulesDir, scene, findings);
  const root: Path = isList ? ['alerts'] : ['alerts', 'expect'];
  const expectations = input.expect.flatMap((entry, i): AlertExpectation[] => {
    const path = [...root, i];
    const expectation = parsePart(expectationSchema, entry, path, findings);
    if (expectation === undefined) return [];
    if (rules !== undefined) reportStrangers(expectation, rules, path, findings);
    const after = findFault(expectation.after, scene.faults);
    if (after === undefined && scene.areFaultsKnown) {
      const { message, hint } = noSuchFault(expectation.after, scene.faults);
      findings.add([...path, 'after'], message, hint);
    }
    return [planned(expectation, after?.id ?? '')];
  });
  return {
    factor: factorOf(input.factor, rules, findings),
    only: input.only,
    ...(rulesDir !== undefined && { rulesDir }),
    expectations,
  };
}

type Expectation = z.output<typeof expectationSchema>;

function planned({ alert, within, labels, severity, receiver, ...rest }: Expectation, after: string) {
  const resolves = rest['resolves-within'];
  return {
    alert,
    labels,
    ...(severity !== undefined && { severity }),
    ...(receiver !== undefined && { receiver }),
    after,
    withinNs: within,
    ...(resolves !== undefined && { resolvesWithinNs: resolves }),
  };
}

function readRules(
  dir: string | undefined,
  { readRules: read }: AlertScene,
  findings: Findings,
): KnownRules | undefined {
  try {
    return read?.(dir);
  } catch (error) {
    const hint =
      error instanceof Error && 'hint' in error && typeof error.hint === 'string' ? error.hint : undefined;
    findings.add(dir === undefined ? ['alerts'] : ['alerts', 'rules'], messageOf(error), hint);
    return undefined;
  }
}

/** The whole number by which times are divided, unless told. */
function factorOf(factor: number | undefined, rules: KnownRules | undefined, findings: Findings): number {
  const most = rules && Math.floor(rules.shortestIntervalNs / SHORTEST_INTERVAL_NS);
  if (factor === undefined) return Math.max(1, Math.min(USUAL_FACTOR, most ?? USUAL_FACTOR));
  if (rules !== undefined && most !== undefined && factor > Math.max(1, most)) {
    const message = `with a factor of ${factor}, Prometheus would look every ${formatDuration(rules.shortestIntervalNs / factor)}`;
    findings.add(
      ['alerts', 'factor'],
      message,
      `At most ${Math.max(1, most)} with these rules: it would not keep up.`,
    );
  }
  return factor;
}

/** What the rules do not have, or have otherwise: it could never come as expected. */
function reportStrangers(
  { alert, severity, receiver }: Expectation,
  { place, alerts, receivers }: KnownRules,
  path: Path,
  findings: Findings,
): void {
  const known = alerts.find(({ name }) => name === alert);
  if (known === undefined) {
    const names = alerts.map(({ name }) => name);
    const hint = suggestion(alert, names, 'There are');
    findings.add([...path, 'alert'], `there is no alert \`${alert}\` in the rules of ${place}`, hint);
  } else if (known.unprovable !== undefined) {
    const message = `a run of minutes cannot prove \`${alert}\`: ${known.unprovable}`;
    findings.add(
      [...path, 'alert'],
      message,
      'Prove it with `promtool test rules`, which makes the time that passes up.',
    );
  } else if (severity !== undefined && known.severities.length > 0 && !known.severities.includes(severity)) {
    const message = `\`${alert}\` has the severity ${known.severities.join(' or ')} in the rules, and never ${severity}`;
    findings.add([...path, 'severity'], message);
  }
  if (receiver === undefined || receiver === NO_RECEIVER || receivers.includes(receiver)) return;
  const hint = suggestion(receiver, receivers, 'The receivers are');
  findings.add([...path, 'receiver'], `there is no receiver \`${receiver}\``, hint);
}

/** `node-kill`, `node-kill #2`, `fault-3`, or what a fault is one of: `faults[2] #3`. */
function findFault(after: string, faults: readonly FaultPlan[]): FaultPlan | undefined {
  const [, kind, number = '1'] = /^(.+?)(?:\s*#(\d+))?$/.exec(after.trim()) ?? [];
  return (
    faults.find(({ id, origin }) => id === after.trim() || origin === after.trim()) ??
    faults.filter((fault) => fault.kind === kind)[Number(number) - 1]
  );
}

function noSuchFault(after: string, faults: readonly FaultPlan[]) {
  if (faults.length === 0) {
    return { message: 'there is no fault that an alert could come after', hint: 'Add one under `faults`.' };
  }
  const kinds = [...new Set(faults.map(({ kind }) => kind))];
  const count = faults.filter(
    ({ kind }) => after.startsWith(`${kind} `) || after.startsWith(`${kind}#`),
  ).length;
  if (count > 0) return { message: `there is no ${after}: there are ${count}`, hint: undefined };
  const hint = suggestion(after, [...kinds, ...faults.map(({ id }) => id)], 'There are');
  return { message: `there is no fault \`${after}\``, hint };
}
