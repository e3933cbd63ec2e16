import { messageOf, StormglassError } from '../../base/errors.js';
import type { NoticeBook } from '../notice-book.js';

/** A behaviour that fails more often says nothing any more. */
const MOST_ERRORS = 10_000;
const MOST_TEXTS = 50;

/** What a behaviour of the user's throws: told once, with the agent that met it first, and counted. */
export class BehaviorErrors {
  readonly #notices: NoticeBook;
  readonly #texts = new Map<string, string>();
  #count = 0;

  constructor(notices: NoticeBook) {
    this.#notices = notices;
  }

  /** Throws a StormglassError when there have been too many. */
  add(thrown: unknown, agent: number, where: string): void {
    const what = `${where} threw: ${messageOf(thrown)}`;
    let text = this.#texts.get(what);
    if (text === undefined) {
      text = `${what}${placeOf(thrown)}, first of agent ${agent}`;
      if (this.#texts.size < MOST_TEXTS) this.#texts.set(what, text);
    }
    this.#notices.add('operation-error', text);
    if (++this.#count < MOST_ERRORS) return;
    throw new StormglassError('inconclusive', `the behaviour has failed ${MOST_ERRORS} times: ${text}`, {
      hint: 'correct the behaviour; see docs/behaviors.md',
    });
  }
}

/** ` (thermostat.ts:12)`, where the stack says it: without its types a line begins elsewhere. */
function placeOf(thrown: unknown): string {
  const frame = thrown instanceof Error ? /[(/ ]([^()/\s]+:\d+):\d+\)?\s*$/m.exec(thrown.stack ?? '') : null;
  return frame ? ` (${frame[1]})` : '';
}
