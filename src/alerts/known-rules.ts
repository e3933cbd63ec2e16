import { NS } from '../base/nanoseconds.js';
import { formatDuration } from '../base/units.js';
import type { KnownAlert, KnownRules } from '../contracts/alert.js';
import type { MonitoringFiles, Rule } from './monitoring-files.js';
import { longestLookBackNs, namesIn } from './promql-text.js';
import { receiverNames } from './routing.js';
import { evaluationNsOf, scrapeNsOf } from './run-configuration.js';

/** What depends on a longer past is not seen in a run of minutes: divided or not, its windows do not fill as they would. */
const LONGEST_LOOK_BACK_NS = 30 * NS.min;
const PREDICTIONS = ['predict_linear', 'deriv', 'holt_winters', 'double_exponential_smoothing'];
const TIMES_OF_DAY = ['hour', 'minute', 'day_of_week', 'day_of_month', 'month'];

/** Which alerts and receivers there are, and which alerts a run cannot prove. */
export function knownRules(files: MonitoringFiles): KnownRules {
  const { place, rules: ruleFiles, prometheus, alertmanager } = files;
  const rules = ruleFiles.flatMap((file) => file.rules.groups.flatMap((group) => group.rules));
  const alerts = new Map<string, Rule[]>();
  for (const rule of rules) {
    if (rule.alert !== undefined) alerts.set(rule.alert, [...(alerts.get(rule.alert) ?? []), rule]);
  }
  const intervals = ruleFiles.flatMap((file) =>
    file.rules.groups.map((group) => evaluationNsOf(prometheus, group.interval)),
  );
  return {
    place,
    alerts: [...alerts].map(([name, own]) => describe(name, own, rules)),
    receivers: receiverNames(alertmanager),
    shortestIntervalNs: Math.min(scrapeNsOf(prometheus), ...intervals),
  };
}

function describe(name: string, own: readonly Rule[], rules: readonly Rule[]): KnownAlert {
  const severities = own.map(({ labels }) => labels?.severity ?? '');
  const isKnown = severities.every((severity) => severity !== '' && !severity.includes('{{'));
  const reasons = own.map((rule) => whyUnprovable(rule, rules));
  // Of several rules of one name, one that can be proven will do.
  const unprovable = reasons.every((reason) => reason !== undefined) ? reasons[0] : undefined;
  return {
    name,
    severities: isKnown ? [...new Set(severities)] : [],
    ...(unprovable !== undefined && { unprovable }),
  };
}

/** Why a run of minutes cannot prove an alert; `undefined` where it can. */
export function whyUnprovable(rule: Rule, rules: readonly Rule[]): string | undefined {
  const involved = withRecorded(rule, rules);
  const names = new Set(involved.flatMap(({ expr }) => [...namesIn(expr)]));
  if (PREDICTIONS.some((name) => names.has(name))) return 'it predicts from a trend';
  if (TIMES_OF_DAY.some((name) => names.has(name))) return 'it goes by the time of day';
  const lookBackNs = Math.max(...involved.map(({ expr }) => longestLookBackNs(expr)));
  if (lookBackNs < LONGEST_LOOK_BACK_NS) return undefined;
  return `it goes by what was within the last ${formatDuration(lookBackNs)}`;
}

/** The rule, and the recording rules that it is made of, near or far. */
function withRecorded(rule: Rule, rules: readonly Rule[]): Rule[] {
  const found = new Set([rule]);
  for (const each of found) {
    const names = namesIn(each.expr);
    for (const other of rules) if (other.record !== undefined && names.has(other.record)) found.add(other);
  }
  return [...found];
}
