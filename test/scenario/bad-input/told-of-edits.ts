import { expect, it } from 'vitest';
import { edited, told } from '../plugins.js';

type Edit = readonly [from: string, to: string];
export type BadInput = readonly [what: string, edits: readonly Edit[], told: readonly string[]];

/** Of the valid scenario with these edits people are told exactly this. */
export const toldOfEdits = (cases: readonly BadInput[]) =>
  it.each(cases)('%s', (_, edits, expected) => {
    expect(told(edited(...edits))).toEqual(expected);
  });

export const DURATION = 'expected a duration with its unit, such as 30s, 250ms or 1m30s';
export const NAME =
  'expected a name of letters, digits, - and _ (64 at most), starting with a letter or a digit';
