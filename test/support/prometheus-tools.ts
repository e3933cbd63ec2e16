import { findSystemTool, type SystemToolName } from '../../src/processes/tools/system-tool.js';

/** Where the tools of Prometheus are; `undefined` where one is not, and then what needs it is skipped. */
export const promtool = await find('promtool');
export const prometheus = await find('prometheus');
export const amtool = await find('amtool');
export const alertmanager = await find('alertmanager');

/** For the title of what is skipped without. */
export const needs = (tool: string | undefined, name: SystemToolName): string =>
  tool === undefined ? ` (skipped: no ${name} on the PATH)` : '';

async function find(name: SystemToolName): Promise<string | undefined> {
  const answer = await findSystemTool(name, { path: process.env.PATH ?? '' });
  if ('path' in answer) return answer.path;
  if (process.env.STORMGLASS_TEST_PROMETHEUS !== 'required') return undefined;
  throw new Error(`${answer.missing}, and STORMGLASS_TEST_PROMETHEUS=required`);
}
