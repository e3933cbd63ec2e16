import { describe, expect, it } from 'vitest';
import { LONG_FILES, runUnitTests } from '../support/monitoring/rule-unit-tests.js';
import { needs, promtool } from '../support/prometheus-tools.js';

describe('the unit tests of the rules that go by hours and days', () => {
  it.skipIf(promtool === undefined).each(LONG_FILES)(
    `hold: %s${needs(promtool, 'promtool')}`,
    async (file) => {
      expect(await runUnitTests(promtool as string, file)).toContain('SUCCESS');
    },
  );
});
