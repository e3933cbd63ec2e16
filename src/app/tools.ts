import { type ListedTool, listTools as list } from '../processes/tools/list-tools.js';
import { installTool as install, provideTool } from '../processes/tools/provide-tool.js';
import type { FoundTool } from '../processes/tools/tool-source.js';
import { TOOL_NAMES, type ToolName } from '../processes/tools/tool-spec.js';
import type { Surroundings } from './surroundings.js';

export type { FoundTool, ListedTool, ToolName };
export { TOOL_NAMES };

export interface ToolWork {
  /** Told a line at a time. */
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

/** What a run would use now; provides nothing. */
export function listTools(surroundings: Surroundings, signal: AbortSignal): Promise<ListedTool[]> {
  const { natsServer } = surroundings;
  return list({
    ...surroundings,
    signal,
    explicitPaths: natsServer === undefined ? {} : { 'nats-server': natsServer },
  });
}

/** Puts the pinned version of a tool into the cache. Throws a PreflightError when it is not to be had. */
export function installTool(name: ToolName, surroundings: Surroundings, work: ToolWork): Promise<FoundTool> {
  return install(name, { ...surroundings, ...work });
}

/**
 * Finds or provides the nats-server of a run; a path in the scenario goes before one of the surroundings.
 * @throws PreflightError with the command that provides it
 */
export function provideNatsServer(
  surroundings: Surroundings,
  {
    explicitPath = surroundings.natsServer,
    ...work
  }: ToolWork & { readonly explicitPath?: string | undefined },
): Promise<FoundTool> {
  return provideTool('nats-server', { ...surroundings, ...work, explicitPath });
}
