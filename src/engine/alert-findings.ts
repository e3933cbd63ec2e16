import type { AlertResult, AlertsResult } from '../contracts/alert.js';
import type { FaultResult } from '../contracts/run-result.js';
import type { Finding } from './verdict.js';

/** Alerts that did not come as expected, those that nobody expected, and those of which nobody could know. */
export function alertFindings(
  alerts: AlertsResult | undefined,
  faults: readonly Pick<FaultResult, 'id' | 'kind' | 'injectedNs'>[],
): Finding[] {
  if (alerts === undefined) return [];
  const { results, unexpected, blind } = alerts;
  const why = blind === undefined ? '' : ` (${blind})`;
  return [
    ...results.flatMap((result): Finding[] => {
      const fault = faults.find(({ id }) => id === result.expectation.after);
      // A fault that was not made is a finding of its own, and no alert is due for it.
      const isMade = fault === undefined || fault.injectedNs > 0;
      if (result.verdict === 'met' || !isMade) return [];
      const text = `${nameOf(result, fault?.kind)}: ${result.detail}`;
      return [
        result.verdict === 'missed'
          ? { exit: 'expectation', text }
          : { exit: 'inconclusive', text: `${text}${why}` },
      ];
    }),
    ...unexpected.map(
      (text): Finding => ({ exit: 'expectation', text: `an alert that nobody expected: ${text}` }),
    ),
    ...(blind !== undefined && results.every(({ verdict }) => verdict !== 'unknown')
      ? [{ exit: 'inconclusive', text: `alerts could not be watched to the end: ${blind}` } as const]
      : []),
  ];
}

const nameOf = ({ expectation: { alert, after } }: AlertResult, kind = ''): string =>
  `alert ${alert} after ${after}${kind === '' ? '' : ` (${kind})`}`;
