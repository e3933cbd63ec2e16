// The search for the highest rate that a load holds.

const STEP = 1.25;

/**
 * Resolves to the highest rate found for which `holds(rate)` was true, and the lowest for which it was not, no further
 * apart than `within` (0.05: five percent). Asks about a dozen times; answers are taken as they come, and not asked for
 * again.
 */
export async function highestRate(holds, { startPerSec, within = 0.05, lowestPerSec = 1000 }) {
  const round = (rate) => Math.round(rate / 1000) * 1000;
  let held;
  let missed;
  let rate = startPerSec;
  while (held === undefined || missed === undefined) {
    if (await holds(rate)) {
      held = rate;
      rate = round(rate * STEP);
    } else {
      missed = rate;
      rate = round(rate / STEP);
      if (rate < lowestPerSec) throw new Error(`not even ${missed}/s holds`);
    }
  }
  while (missed / held > 1 + within) {
    rate = round(Math.sqrt(held * missed));
    if (await holds(rate)) held = rate;
    else missed = rate;
  }
  return { held, missed };
}
