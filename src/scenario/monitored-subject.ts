import type { MonitorPlan } from '../contracts/plan.js';

/** What the monitor subscribes to so that it sees every event of a pattern: its tokens before the first `{`, then `>`. */
export function monitoredSubject(tokens: readonly string[]): string {
  const fixed = tokens.slice(
    0,
    tokens.findIndex((token) => token.startsWith('{')),
  );
  return [...fixed, '>'].join('.');
}

/** Where a pattern such as `cim.events.{domain}.{type}` has the domain and the type; `undefined` when it lacks one. */
export function readPattern(pattern: string): Omit<MonitorPlan, 'port'> | undefined {
  const tokens = pattern.split('.');
  const domainToken = tokens.indexOf('{domain}');
  const typeToken = tokens.indexOf('{type}');
  if (domainToken < 0 || typeToken < 0) return undefined;
  return { subject: monitoredSubject(tokens), domainToken, typeToken };
}
