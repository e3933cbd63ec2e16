import type { ExitMeaning } from '../contracts/run-result.js';
import type { Summary } from '../contracts/summary.js';
import { safetySentence } from './checks.js';
import { element } from './dom.js';

const HEADLINES: Readonly<Record<ExitMeaning, string>> = {
  ok: 'Passed',
  unexpected: 'Unexpected error',
  usage: 'Invalid scenario',
  preflight: 'Preflight failed',
  threshold: 'Threshold missed',
  safety: 'Safety violated',
  expectation: 'Expectation missed',
  inconclusive: 'Inconclusive',
  unreverted: 'Fault not reverted',
  regression: 'Regression',
  interrupted: 'Interrupted',
  terminated: 'Terminated',
};

/** Neither good nor bad: nothing was found out, or not all of it. */
const OPEN: ReadonlySet<ExitMeaning> = new Set(['inconclusive', 'interrupted', 'terminated', 'preflight']);

/** `pass`, `fail` or `open`: which colour an outcome has. */
export function toneOf(exit: ExitMeaning): 'pass' | 'fail' | 'open' {
  if (exit === 'ok') return 'pass';
  return OPEN.has(exit) ? 'open' : 'fail';
}

/** The verdict, large; the sentence on safety; everything that holds, most important first; what was left behind. */
export function verdictBlock({ verdict, safety }: Summary): HTMLElement {
  const { exit, exitCode, headline, reasons, leftBehind } = verdict;
  const block = element(
    'div',
    { class: `verdict ${toneOf(exit)}`, role: 'status' },
    element(
      'p',
      { class: 'verdict-headline' },
      element('strong', {}, HEADLINES[exit]),
      ' ',
      element('span', { class: 'exit-code' }, `exit code ${exitCode}`),
    ),
  );
  if (safety !== null) block.append(safetySentence(safety));
  if (reasons.length === 0 && exit !== 'ok') block.append(element('p', {}, headline));
  if (reasons.length > 0) {
    const list = element('ul', { class: 'reasons' });
    for (const reason of reasons) {
      const label = reason.exit === exit ? undefined : element('em', {}, `${HEADLINES[reason.exit]}: `);
      const hint = reason.hint !== undefined && element('span', { class: 'hint' }, ` ${reason.hint}`);
      list.append(element('li', {}, label, reason.text, hint));
    }
    block.append(list);
  }
  if (leftBehind.length > 0) {
    block.append(element('p', {}, 'Left behind, and how to undo it by hand:'));
    const list = element('ul', { class: 'reasons' });
    for (const { what, manual } of leftBehind)
      list.append(element('li', {}, `${what}: `, element('code', {}, manual)));
    block.append(list);
  }
  return block;
}
