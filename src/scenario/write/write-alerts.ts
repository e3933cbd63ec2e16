import type { AlertExpectation, AlertsPlan } from '../../contracts/alert.js';
import { writeDuration } from './exact-quantities.js';
import type { WritePlace } from './write-fault.js';

/** The alerts of a plan as a scenario has them. */
export function writeAlerts(
  { factor, only, rulesDir, expectations }: AlertsPlan,
  { relative }: WritePlace,
): Record<string, unknown> {
  return {
    factor,
    ...(only && { only }),
    ...(rulesDir !== undefined && { rules: relative(rulesDir) }),
    expect: expectations.map(writeExpectation),
  };
}

function writeExpectation(expectation: AlertExpectation): Record<string, unknown> {
  const { alert, after, withinNs, resolvesWithinNs, severity, labels, receiver } = expectation;
  return {
    alert,
    after,
    within: writeDuration(withinNs),
    ...(resolvesWithinNs !== undefined && { 'resolves-within': writeDuration(resolvesWithinNs) }),
    ...(severity !== undefined && { severity }),
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(receiver !== undefined && { receiver }),
  };
}
