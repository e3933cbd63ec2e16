/**
 * The failed share of what succeeded or failed, with the labels `by`; where neither happened there is no ratio.
 * `selector` chooses among the outcomes: `{domain=~"$domain"}`.
 */
export function failureRatio(selector: string, by: readonly string[] = []): string {
  const group = by.length === 0 ? '' : ` by (${by.join(', ')})`;
  const rate = (outcome: string): string =>
    `sum${group} (rate(cim_event_outcomes_total${selector.replace(/\}$/, `,${outcome}}`)}[$__rate_interval]))`;
  const all = rate('outcome=~"success|failure"');
  const failed = rate('outcome="failure"');
  // Where nothing failed there is no series of failures: none of all.
  return `((${failed}) or (${all}) * 0) / ((${all}) > 0)`;
}
