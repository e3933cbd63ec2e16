import { formatDuration } from '../base/units.js';
import type { AlertResult } from '../contracts/alert.js';
import type { Summary } from '../contracts/summary.js';
import { type Paint, plain } from './terminal-text.js';

const WORDS = { met: ['green', 'met'], missed: ['red', 'missed'], unknown: ['yellow', 'unknown'] } as const;

/** Which alerts came, how soon after their fault, and who was told; the factor stands by the times. */
export function alertRows({ alerts, faults }: Summary, paint: Paint): string[][] {
  if (alerts === null) return [];
  const { factor, results, unexpected, only } = alerts;
  const kindOf = (id: string): string => faults.find((fault) => fault.id === id)?.kind ?? id;
  const lines = results.map((result) => {
    const [tone, word] = WORDS[result.verdict];
    const { alert, after } = result.expectation;
    const said = result.verdict === 'met' ? timesOf(result, factor) : result.detail;
    return `${paint(tone, word)}  ${plain(`${alert} after ${kindOf(after)}: ${said}`)}`;
  });
  const others = unexpected.map((text) => `${paint('red', 'unexpected')}  ${plain(text)}`);
  const none = only && others.length === 0 ? ['no other page fired'] : [];
  return [...lines, ...others, ...none].map((line, i) => [i === 0 ? 'alerts' : '', line]);
}

function timesOf(result: AlertResult, factor: number): string {
  const { detectedAfterNs, notifiedAfterNs, resolvedAfterNs, awayNs, receiver, expectation } = result;
  const parts = [
    detectedAfterNs !== undefined && `fired after ${formatDuration(detectedAfterNs)}`,
    notifiedAfterNs === undefined
      ? 'nobody was told'
      : `${receiver} told after ${formatDuration(notifiedAfterNs)}`,
    awayNs !== undefined && `did not fire for ${formatDuration(awayNs)} meanwhile`,
    expectation.resolvesWithinNs !== undefined &&
      resolvedAfterNs !== undefined &&
      (resolvedAfterNs === 0
        ? 'resolved before it was healed'
        : `resolved ${formatDuration(resolvedAfterNs)} after it was healed`),
  ];
  return `${parts.filter(Boolean).join(', ')} (times of the rules divided by ${factor})`;
}
