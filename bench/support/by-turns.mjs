// Two rates beside each other: measured by turns, and told in a table.
import { startBenchServer } from './bench-server.mjs';
import { median, table } from './figures.mjs';

/** Asks both for their rate, again and again by turns: all that they said, and how the medians compare. */
export async function byTurns(rounds, { ours, theirs }) {
  const rates = { ours: [], theirs: [] };
  for (let round = 0; round < rounds; round++) {
    rates.theirs.push(await theirs());
    rates.ours.push(await ours());
    process.stderr.write('.');
  }
  return { ...rates, ratio: median(rates.ours) / median(rates.theirs) };
}

/** The same for each size of payload, each on a server of its own. */
export async function byTurnsForSizes(sizes, rounds, { ours, theirs }) {
  const results = [];
  for (const bytes of sizes) {
    const server = await startBenchServer();
    const rates = await byTurns(rounds, {
      ours: () => ours(server, bytes),
      theirs: () => theirs(server, bytes),
    });
    await server.stop();
    results.push({ bytes, ...rates });
  }
  process.stderr.write('\n');
  return results;
}

/**
 * Rates beside those of `nats bench`, in thousands (`k`) or millions (`M`): `columns` say, by their headings, which
 * properties of the results tell what the rates are of. Not a number is a rate that the other one does not have.
 */
export function ratesTable(columns, unit, results) {
  const [one, digits] = unit === 'M' ? [1e6, 2] : [1e3, 1];
  const inUnit = (rate) => (Number.isNaN(rate) ? '–' : (rate / one).toFixed(digits));
  return table([
    [
      ...[...Object.keys(columns), `stormglass ${unit}/s`, `nats bench ${unit}/s`, 'ratio'],
      ...['stormglass, all', 'nats bench, all'],
    ],
    ...results.map(({ ours, theirs, ratio, ...of }) => [
      ...[...Object.values(columns).map((name) => of[name]), inUnit(median(ours)), inUnit(median(theirs))],
      Number.isNaN(ratio) ? '–' : ratio.toFixed(3),
      ...[ours.map(inUnit).join(' '), theirs.map(inUnit).join(' ')],
    ]),
  ]);
}
