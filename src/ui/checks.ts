import type { CheckResult } from '../contracts/checker.js';
import type { Summary } from '../contracts/summary.js';
import { element, section } from './dom.js';
import { outcomeMark } from './outcome-mark.js';

const TONES = { pass: 'pass', fail: 'fail', unknown: 'open' } as const;

/** What each check found out, in its own sentence, with its examples. */
export function checksSection({ checks }: Summary): HTMLElement | undefined {
  if (checks.length === 0) return undefined;
  return section('checks', 'Safety', ...checks.map(checkBlock));
}

function checkBlock({ name, verdict, sentence, examples }: CheckResult): HTMLElement {
  const list = element('ol', { class: 'examples' });
  for (const example of examples) list.append(element('li', {}, example));
  return element(
    'div',
    { class: 'check' },
    element('p', {}, outcomeMark(TONES[verdict]), element('strong', {}, name), ` ${sentence}`),
    examples.length > 0 && list,
  );
}
