import { PreflightError } from '../../base/errors.js';
import { explicitSource } from './explicit-source.js';
import { goSource } from './go-source.js';
import { installHint } from './install-hint.js';
import { pathSource } from './path-source.js';
import { cacheSource } from './tool-cache.js';
import { type FoundTool, isFound, type ToolContext, type ToolSource } from './tool-source.js';
import { type ToolName, type ToolSpec, toolSpec } from './tool-spec.js';

/** Asked in this order; the first that has the tool wins. */
const SOURCES: readonly ToolSource[] = [pathSource, cacheSource, goSource];

/** Those that put a tool into the cache. */
const PROVIDERS: readonly ToolSource[] = [cacheSource, goSource];

export interface ProvideOptions extends ToolContext {
  /** A path that the user named: this one or none. */
  readonly explicitPath?: string | undefined;
}

/**
 * Finds a tool, or provides it. Throws a PreflightError that says where it was looked for and gives the command that
 * provides it; the signal's reason when that aborts.
 */
export async function provideTool(name: ToolName, options: ProvideOptions): Promise<FoundTool> {
  const tool = toolSpec(name, options.toolsDir);
  const { explicitPath } = options;
  return await firstOf(explicitPath === undefined ? SOURCES : [explicitSource(explicitPath)], tool, options);
}

/** Puts the pinned version of a tool into the cache, whatever the PATH has. Throws as `provideTool` does. */
export async function installTool(name: ToolName, context: ToolContext): Promise<FoundTool> {
  return await firstOf(PROVIDERS, toolSpec(name, context.toolsDir), context);
}

async function firstOf(
  sources: readonly ToolSource[],
  tool: ToolSpec,
  context: ToolContext,
): Promise<FoundTool> {
  const absences: string[] = [];
  for (const source of sources) {
    context.signal.throwIfAborted();
    const answer = await source.provide(tool, context);
    if (isFound(answer)) return answer;
    absences.push(answer.missing);
  }
  const reasons = absences.join('; ');
  throw new PreflightError(`${tool.name} ${tool.minimum} or later is needed: ${reasons}`, {
    hint: installHint(tool, { goIsHeldBack: /GOTOOLCHAIN=local/.test(reasons) }),
  });
}
