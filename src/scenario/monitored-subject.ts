import { subjectFilterProblem } from '../base/subjects.js';
import type { MonitorPlan } from '../contracts/plan/monitor.js';

/** Where events are, and which tokens of their subjects name them. */
export type MonitoredSubjects = Pick<MonitorPlan, 'subject' | 'domainToken' | 'typeToken'>;

const PLACEHOLDER = /^\{[^{}]+\}$/;

/** What the monitor subscribes to so that it sees every event of a pattern: its tokens before the first `{`, then `>`. */
export function monitoredSubject(tokens: readonly string[]): string {
  const fixed = tokens.slice(
    0,
    tokens.findIndex((token) => token.startsWith('{')),
  );
  return [...fixed, '>'].join('.');
}

/**
 * What a pattern such as `cim.events.{domain}.{type}` says: `*`, and placeholders of other names, stand for any token. What is
 * subscribed to ends with `>`, so that deeper subjects are seen too, unless the pattern ends with a word.
 */
export function readPattern(pattern: string): MonitoredSubjects | { readonly problem: string } {
  const tokens = pattern.split('.');
  for (const name of ['{domain}', '{type}']) {
    const count = tokens.filter((token) => token === name).length;
    if (count !== 1)
      return { problem: `expected ${name} as a token of its own, once, but it stands there ${count} times` };
  }
  const stray = tokens.find((token) => /[{}]/.test(token) && !PLACEHOLDER.test(token));
  if (stray !== undefined)
    return { problem: `\`${stray}\` is no token: a placeholder stands alone between dots` };
  const filter = tokens.map((token) => (PLACEHOLDER.test(token) ? '*' : token));
  const problem = subjectFilterProblem(filter.join('.'));
  if (problem !== undefined) return { problem };
  const lastWord = filter.findLastIndex((token) => token !== '*' && token !== '>');
  const subject = lastWord === filter.length - 1 ? filter : [...filter.slice(0, lastWord + 1), '>'];
  return {
    subject: subject.join('.'),
    domainToken: tokens.indexOf('{domain}'),
    typeToken: tokens.indexOf('{type}'),
  };
}
