import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkRules } from '../alerts/check-rules.js';
import { knownRules } from '../alerts/known-rules.js';
import { type MonitoringFiles, readMonitoringFiles } from '../alerts/monitoring-files.js';
import type { AlertTools } from '../alerts/start-alert-watch.js';
import type { AlertsPlan, KnownRules } from '../contracts/alert.js';
import { findSystemTool, requireSystemTools } from '../processes/tools/system-tool.js';
import { isFound } from '../processes/tools/tool-source.js';
import type { Surroundings } from './surroundings.js';
import { PACKAGE_ROOT } from './version.js';

/** The rules that stormglass ships, with its configurations of Prometheus and Alertmanager. */
const SHIPPED = fileURLToPath(new URL('monitoring', PACKAGE_ROOT));

const filesOf = (dir = SHIPPED): MonitoringFiles => readMonitoringFiles(dir, SHIPPED);

/** The rules in a folder of the user's, or those that stormglass ships. @throws UsageError with what is wrong with them */
export const readKnownRules = (dir?: string): KnownRules => knownRules(filesOf(dir));

/**
 * What a run needs to expect alerts: Prometheus, Alertmanager, and rules that are right.
 * @throws PreflightError with the commands that provide all that is missing; UsageError with promtool's words about the rules
 */
export async function provideAlertTools(plan: AlertsPlan, surroundings: Surroundings): Promise<AlertTools> {
  const { path, stateDir } = surroundings;
  const files = filesOf(plan.rulesDir);
  const { prometheus, alertmanager } = await requireSystemTools({
    prometheus: { path, explicitPath: surroundings.prometheus },
    alertmanager: { path, explicitPath: surroundings.alertmanager },
  });
  // It comes with Prometheus; without it, Prometheus itself says what is wrong, only later.
  const beside = join(dirname(prometheus.path), 'promtool');
  const explicitPath = existsSync(beside) ? beside : undefined;
  const promtool = await findSystemTool('promtool', { path, explicitPath });
  if (isFound(promtool)) await checkRules(promtool.path, files);
  return { prometheus, alertmanager, files, stateDir };
}
