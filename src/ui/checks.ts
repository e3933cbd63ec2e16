import type { CheckResult, CheckSet } from '../contracts/checker.js';
import type { FailureClass } from '../contracts/safety.js';
import type { Summary } from '../contracts/summary.js';
import { MEANINGS } from './anomalies.js';
import { element, section } from './dom.js';
import { countText } from './figures.js';
import { outcomeMark } from './outcome-mark.js';
import { readsTable } from './reads-table.js';

const TONES = { pass: 'pass', fail: 'fail', unknown: 'open' } as const;
/** More examples than these are folded away. */
const EXAMPLES_SHOWN = 3;

/** The sentence on safety and what it covers; what each check found out, with its sets and examples; what they read. */
export function checksSection({ checks, safety, reads }: Summary): HTMLElement | undefined {
  if (checks.length === 0) return undefined;
  return section(
    'checks',
    'Safety',
    safety !== null && safetySentence(safety),
    safety !== null && element('p', { class: 'note' }, coverage(safety)),
    ...checks.map(checkBlock),
    reads.length > 0 && readsTable(reads),
  );
}

/** `held  0 of 1,204,311 acknowledged events lost; process-crash safe, …` */
export function safetySentence({ verdict, sentence }: NonNullable<Summary['safety']>): HTMLElement {
  return element('p', { class: 'safety' }, outcomeMark(TONES[verdict]), ' ', sentence);
}

function coverage({ tested, untested }: NonNullable<Summary['safety']>): string {
  const words = (classes: readonly FailureClass[]): string =>
    classes.length === 0 ? 'nothing' : classes.map((each) => each.replaceAll('-', ' ')).join(', ');
  return `Tested in this run: ${words(tested)}. Not tested: ${words(untested)}.`;
}

function checkBlock({ name, verdict, sentence, sets, examples }: CheckResult): HTMLElement {
  const found = sets.filter(({ count }) => count > 0);
  return element(
    'div',
    { class: 'check' },
    outcomeMark(TONES[verdict]),
    element(
      'div',
      {},
      element('p', {}, element('strong', {}, name), ` ${sentence}`),
      found.length > 0 && setList(found),
      examples.length > 0 && exampleList(name, examples),
    ),
  );
}

function setList(sets: readonly CheckSet[]): HTMLElement {
  const list = element('ul', { class: 'sets' });
  for (const { name, meaning, count } of sets) {
    const { word, tone } = MEANINGS[meaning];
    list.append(
      element(
        'li',
        { class: tone },
        element('strong', {}, countText(count)),
        ` ${name} `,
        element('span', { class: 'meaning' }, word),
      ),
    );
  }
  return list;
}

function exampleList(name: string, examples: readonly string[]): HTMLElement {
  const list = (from: number, to: number): HTMLElement => {
    const ol = element('ol', { class: 'examples', start: String(from + 1) });
    for (const example of examples.slice(from, to)) ol.append(element('li', {}, example));
    return ol;
  };
  const more = examples.length - EXAMPLES_SHOWN;
  if (more <= 1) return list(0, examples.length);
  return element(
    'div',
    {},
    list(0, EXAMPLES_SHOWN),
    element(
      'details',
      { class: 'more-examples' },
      element('summary', {}, `${more} more examples of ${name}`),
      list(EXAMPLES_SHOWN, examples.length),
    ),
  );
}
