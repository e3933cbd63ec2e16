import { type ListedTool, listTools as list } from '../processes/tools/list-tools.js';
import { installTool as install, provideTool, provideToolVersion } from '../processes/tools/provide-tool.js';
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
  const { natsServer, toxiproxyServer, prometheus, alertmanager } = surroundings;
  return list({
    ...surroundings,
    signal,
    explicitPaths: {
      ...(natsServer !== undefined && { 'nats-server': natsServer }),
      ...(toxiproxyServer !== undefined && { toxiproxy: toxiproxyServer }),
      ...(prometheus !== undefined && { prometheus }),
      ...(alertmanager !== undefined && { alertmanager }),
    },
  });
}

/**
 * Puts a pinned version of a tool into the cache, the one that a run uses unless told. Throws a PreflightError when it is
 * not to be had.
 */
export function installTool(
  name: ToolName,
  surroundings: Surroundings,
  work: ToolWork & { readonly version?: string | undefined },
): Promise<FoundTool> {
  return install(name, { ...surroundings, ...work }, work.version);
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

/**
 * Finds or provides one version of nats-server, for nodes that are to run another than the rest: `2.14`, `2.14.9`.
 * @throws PreflightError with the command that provides it, or with the versions that there are
 */
export function provideNatsServerVersion(
  surroundings: Surroundings,
  version: string,
  work: ToolWork,
): Promise<FoundTool> {
  return provideToolVersion('nats-server', version, {
    ...surroundings,
    ...work,
    explicitPath: surroundings.natsServer,
  });
}

/**
 * Finds or provides the Toxiproxy that stands on the links of a run.
 * @throws PreflightError with the command that provides it
 */
export function provideToxiproxy(surroundings: Surroundings, work: ToolWork): Promise<FoundTool> {
  return provideTool('toxiproxy', { ...surroundings, ...work, explicitPath: surroundings.toxiproxyServer });
}
