/**
 * The failed share of all outcomes, with the labels `by`; series without outcomes in the time have no ratio.
 * `selector` chooses among the outcomes: `{domain=~"$domain"}`.
 */
export function failureRatio(
  selector: string,
  by: readonly string[] = [],
  range = '$__rate_interval',
): string {
  const group = by.length === 0 ? '' : ` by (${by.join(', ')})`;
  const all = `sum${group} (rate(cim_event_outcomes_total${selector}[${range}]))`;
  const failed = `sum${group} (rate(cim_event_outcomes_total${withOutcome(selector, 'failure')}[${range}]))`;
  // Where nothing failed there is no series of failures: none of all.
  return `((${failed}) or (${all}) * 0) / ((${all}) > 0)`;
}

function withOutcome(selector: string, outcome: string): string {
  return selector.replace(/\}$/, `, outcome="${outcome}"}`);
}
