import { describe, expect, it } from 'vitest';
import { LONG_FILES, provenOf, runUnitTests } from '../support/monitoring/rule-unit-tests.js';
import { shippedAlerts, yamlFilesIn } from '../support/monitoring/shipped-rules.js';
import { needs, promtool } from '../support/prometheus-tools.js';

const short = yamlFilesIn('tests').filter((file) => !LONG_FILES.includes(file));

describe('the unit tests of the rules', () => {
  it.each(
    shippedAlerts().map(({ alert, labels }) => [`${alert} (${labels.severity})`, alert, labels] as const),
  )('prove of %s that it fires, is quiet below, and resolves', (_, alert, labels) => {
    expect(provenOf(alert, labels)).toEqual({ fires: true, isQuietBelow: true, resolves: true });
  });

  it('call nothing proven that is not', () => {
    const nothing = { fires: false, isQuietBelow: false, resolves: false };
    expect(provenOf('NatsNodeDown', { severity: 'info' })).toEqual(nothing);
    expect(provenOf('NoSuchAlert', {})).toEqual(nothing);
  });

  it.skipIf(promtool === undefined)(`hold${needs(promtool, 'promtool')}`, { timeout: 300_000 }, async () => {
    const said = await Promise.all(short.map((file) => runUnitTests(promtool as string, file)));
    expect(said.filter((words) => !words.includes('SUCCESS'))).toEqual([]);
  });
});
