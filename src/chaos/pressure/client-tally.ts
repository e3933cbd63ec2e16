import type { PressureReport } from './pressure-task.js';

/** What the connections of a pressure met, counted; of each kind of trouble the first text. */
export class ClientTally {
  open = 0;
  opened = 0;
  refused = 0;
  lost = 0;
  errors = 0;
  #firstTrouble = '';

  refusedBecause(why: string): void {
    this.refused++;
    this.#firstTrouble ||= why;
  }

  lostBecause(why: string): void {
    this.lost++;
    this.#firstTrouble ||= why;
  }

  erred(text: string): void {
    this.errors++;
    this.#firstTrouble ||= text;
  }

  report(): PressureReport {
    const { open, opened, refused, lost, errors } = this;
    const trouble = this.#firstTrouble;
    return { open, opened, refused, lost, errors, ...(trouble !== '' && { firstTrouble: trouble }) };
  }
}
