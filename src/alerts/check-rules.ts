import { UsageError } from '../base/errors.js';
import { runCommand } from '../processes/run-command.js';
import type { MonitoringFiles } from './monitoring-files.js';

const CHECK_TAKES_MS = 30_000;

/**
 * Has promtool check rules as they stand in their files.
 * @throws UsageError with promtool's words
 */
export async function checkRules(promtool: string, { rules, place }: MonitoringFiles): Promise<void> {
  const files = rules.map(({ path }) => path);
  const { code, said } = await runCommand([promtool, 'check', 'rules', ...files], {
    cwd: place,
    timeoutMs: CHECK_TAKES_MS,
  });
  if (code === 0) return;
  const words = said
    .split('\n')
    .filter((line) => !/^\s*SUCCESS/.test(line) && !/^Checking /.test(line) && line.trim() !== '');
  throw new UsageError(`the rules in ${place} are not as Prometheus has them:\n${words.join('\n')}`);
}
