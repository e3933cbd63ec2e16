import { element } from './dom.js';

const WORDS = {
  pass: ['pass', 'held'],
  fail: ['fail', 'failed'],
  open: ['open', 'unknown'],
} as const;

/** A word in the colour of its outcome: never the colour alone. */
export function outcomeMark(tone: keyof typeof WORDS, word: string = WORDS[tone][1]): HTMLElement {
  return element('span', { class: `mark ${WORDS[tone][0]}` }, word);
}
