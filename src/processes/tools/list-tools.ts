import { messageOf } from '../../base/errors.js';
import { explicitSource } from './explicit-source.js';
import { namedPathHint } from './named-path-hint.js';
import { pathSource } from './path-source.js';
import {
  findSystemTool,
  SYSTEM_TOOL_NAMES,
  SYSTEM_TOOLS,
  type SystemToolName,
  systemToolHint,
} from './system-tool.js';
import { cacheSource } from './tool-cache.js';
import { type FoundTool, isFound, type ToolContext } from './tool-source.js';
import { TOOL_NAMES, type ToolName, type ToolSpec, toolSpecs } from './tool-spec.js';

export interface ListedTool {
  readonly name: string;
  /** What would be provided; absent for what a system has or has not, and where the path that was named is of no use. */
  readonly pinned?: string;
  /** The command that provides it here, or what to do about the path that was named for it. */
  readonly provide: string;
  readonly minimum: string;
  /** What a run would use; absent when it would first have to be provided. */
  readonly found?: FoundTool;
  /** Why places that come before, or all, have none that is accepted. */
  readonly passedOver: readonly string[];
  /** Versions that can be provided beside it. */
  readonly others: readonly { readonly version: string; readonly found?: FoundTool }[];
}

export interface ListOptions extends Pick<ToolContext, 'cacheDir' | 'path' | 'env' | 'signal' | 'toolsDir'> {
  /** Paths that the user named. */
  readonly explicitPaths?: Readonly<Partial<Record<ToolName | SystemToolName, string>>>;
}

/** What a run would use now, without providing anything. */
export async function listTools(options: ListOptions): Promise<ListedTool[]> {
  return await Promise.all([
    ...TOOL_NAMES.map((name) => listTool(name, options)),
    ...SYSTEM_TOOL_NAMES.map((name) => listSystemTool(name, options)),
  ]);
}

async function listSystemTool(name: SystemToolName, options: ListOptions): Promise<ListedTool> {
  const { path } = options;
  const explicitPath = options.explicitPaths?.[name];
  const answer = await findSystemTool(name, { path, explicitPath });
  return {
    name,
    provide:
      explicitPath === undefined
        ? systemToolHint(name, { path })
        : namedPathHint(name, SYSTEM_TOOLS[name].minimum),
    minimum: SYSTEM_TOOLS[name].minimum,
    others: [],
    ...(isFound(answer) ? { found: answer, passedOver: [] } : { passedOver: [answer.missing] }),
  };
}

async function listTool(name: ToolName, options: ListOptions): Promise<ListedTool> {
  const [tool, ...rest] = toolSpecs(name, options.toolsDir);
  const explicit = options.explicitPaths?.[name];
  const others = await Promise.all(rest.map((other) => listOther(other, options)));
  const provide =
    explicit === undefined ? `stormglass tools install ${name}` : namedPathHint(name, tool.minimum);
  const listed = { name, pinned: tool.version, provide, minimum: tool.minimum, others };
  const passedOver: string[] = [];
  for (const source of explicit === undefined ? [pathSource, cacheSource] : [explicitSource(explicit)]) {
    try {
      const answer = await source.provide(tool, { ...options, progress: () => {} });
      if (isFound(answer)) return { ...listed, found: answer, passedOver };
      passedOver.push(answer.missing);
    } catch (error) {
      options.signal.throwIfAborted();
      passedOver.push(messageOf(error));
    }
  }
  // Where a path was named, it is that one or none.
  const { pinned: _, ...named } = listed;
  return { ...(explicit === undefined ? listed : named), passedOver };
}

async function listOther(tool: ToolSpec, options: ListOptions): Promise<ListedTool['others'][number]> {
  const answer = await cacheSource.provide(tool, { ...options, progress: () => {} });
  return { version: tool.version, ...(isFound(answer) && { found: answer }) };
}
