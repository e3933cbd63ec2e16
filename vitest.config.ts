import { defineConfig } from 'vitest/config';

// CI asks for the results as a file too; everybody else only reads the terminal.
const resultsFile = process.env.STORMGLASS_TEST_RESULTS;

/** `npm run test:long`: what takes minutes on real systems. CI runs it, too. */
const LONG = 'test/**/*.long.test.ts';
const isLong = process.env.STORMGLASS_TEST_LONG !== undefined;

export default defineConfig({
  test: {
    include: [isLong ? LONG : 'test/**/*.test.ts'],
    exclude: isLong ? [] : [LONG],
    // Real servers on two cores, at times slow ones: tests wait for conditions, and a condition may take its time.
    testTimeout: isLong ? 300_000 : 120_000,
    hookTimeout: isLong ? 300_000 : 120_000,
    expect: { poll: { timeout: 30_000 } },
    maxWorkers: 2,
    pool: 'forks',
    globalSetup: 'test/support/test-ports-setup.ts',
    reporters: resultsFile ? ['default', 'json'] : ['default'],
    ...(resultsFile ? { outputFile: { json: resultsFile } } : {}),
  },
});
