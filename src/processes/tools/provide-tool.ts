import { PreflightError } from '../../base/errors.js';
import { explicitSource } from './explicit-source.js';
import { findProgram } from './find-program.js';
import { goSource } from './go-source.js';
import { installHint } from './install-hint.js';
import { pathSource } from './path-source.js';
import { cacheSource } from './tool-cache.js';
import { type FoundTool, isFound, type ToolContext, type ToolSource } from './tool-source.js';
import { type ToolName, type ToolSpec, toolSpec, toolSpecs } from './tool-spec.js';
import { askVersion, isVersion } from './tool-version.js';

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

/**
 * Finds or provides one version of a tool; they lie side by side in the cache. `2.14` is whichever release of it is at
 * hand or pinned, `2.14.9` only that. What the user named, or has on the PATH, is taken where it is that version.
 * Throws as `provideTool` does; for a version that is nowhere, the PreflightError lists those that there are.
 */
export async function provideToolVersion(
  name: ToolName,
  wanted: string,
  options: ProvideOptions,
): Promise<FoundTool> {
  const { explicitPath } = options;
  const { program } = toolSpec(name, options.toolsDir);
  const path = explicitPath ?? findProgram(program, options.path);
  const version = path && (await askVersion(name, path).catch(() => undefined));
  if (path && version && isVersion(version, wanted)) {
    const source = explicitPath === undefined ? pathSource.name : 'explicit path';
    return { name, version, path, source, verified: 'version' };
  }
  return await installTool(name, options, wanted);
}

/**
 * Puts a pinned version of a tool into the cache, whatever the PATH has: the one that a run uses unless told. Throws as
 * `provideToolVersion` does.
 */
export async function installTool(name: ToolName, context: ToolContext, wanted?: string): Promise<FoundTool> {
  const specs = toolSpecs(name, context.toolsDir);
  if (wanted === undefined) return await firstOf(PROVIDERS, specs[0], context);
  const spec = specs.find(({ version }) => isVersion(version, wanted));
  if (spec === undefined) {
    const versions = specs.map(({ version }) => version).join(', ');
    throw new PreflightError(`there is no ${name} ${wanted} to be had: there are ${versions}`, {
      hint: `Name one of them, or put a ${specs[0].program} ${wanted} on the PATH.`,
    });
  }
  return await firstOf(PROVIDERS, spec, context, `${name} ${spec.version} is needed`);
}

async function firstOf(
  sources: readonly ToolSource[],
  tool: ToolSpec,
  context: ToolContext,
  need = `${tool.name} ${tool.minimum} or later is needed`,
): Promise<FoundTool> {
  const absences: string[] = [];
  for (const source of sources) {
    context.signal.throwIfAborted();
    const answer = await source.provide(tool, context);
    if (isFound(answer)) return answer;
    absences.push(answer.missing);
  }
  const reasons = absences.join('; ');
  throw new PreflightError(`${need}: ${reasons}`, {
    hint: installHint(tool, { goIsHeldBack: /GOTOOLCHAIN=local/.test(reasons) }),
  });
}
