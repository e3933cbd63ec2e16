import { expect, it } from 'vitest';
import { alertSeries } from '../../src/alerts/alert-samples.js';

const LABELS = { alertname: 'NodeDown', server: 'n1', severity: 'page' };
const firing = { __name__: 'ALERTS', alertstate: 'firing', ...LABELS };
const pending = { ...firing, alertstate: 'pending' };
const since = { __name__: 'ALERTS_FOR_STATE', ...LABELS };

it('says of each evaluation what it said of an alert, and since when that has held, by our clock', () => {
  const series = alertSeries(
    [
      { metric: firing, values: [[102.5, '1']] },
      {
        metric: since,
        values: [
          [101, '101'],
          [102.5, '101'],
        ],
      },
      { metric: pending, values: [[101, '1']] },
    ],
    -100e9,
  );
  const common = { alert: 'NodeDown', labels: { server: 'n1', severity: 'page' } };
  expect(series).toEqual([
    { ...common, state: 'pending', samples: [{ atNs: 1e9, activation: 101 }] },
    { ...common, state: 'firing', samples: [{ atNs: 2.5e9, activation: 101 }] },
  ]);
});

it('knows no more than that it fires where Prometheus does not say since when', () => {
  const other = { ...since, server: 'n2' };
  const [only] = alertSeries(
    [
      {
        metric: firing,
        values: [
          [100, '1'],
          [101, '1'],
        ],
      },
      { metric: other, values: [[100, '99']] },
      { metric: since, values: [[101, '100']] },
    ],
    0,
  );
  expect(only?.samples).toEqual([{ atNs: 100e9 }, { atNs: 101e9, activation: 100 }]);
});
