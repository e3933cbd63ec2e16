// The tests that take minutes, on real systems: `npm run test:long [-- FILE…]`.
import { spawnSync } from 'node:child_process';

const { status } = spawnSync('npx', ['vitest', 'run', ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, STORMGLASS_TEST_LONG: '1' },
});
process.exitCode = status ?? 1;
