import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The servers and programs that stormglass runs, by the name of their program. */
export const TOOL_NAMES = ['nats-server', 'nats'] as const;
export type ToolName = (typeof TOOL_NAMES)[number];

/** A tool as it is pinned in tools/versions.json. */
export interface ToolSpec {
  readonly name: ToolName;
  /** What is provided when there is none. */
  readonly version: string;
  /** The oldest that is accepted. */
  readonly minimum: string;
  readonly module: string;
  /** What `go build` builds within tools/go.mod. */
  readonly package: string;
}

/** The Go module that pins versions and checksums; it lies beside src/ as beside dist/. */
export const TOOLS_DIRECTORY = fileURLToPath(new URL('../../../tools', import.meta.url));

export function toolSpec(name: ToolName, toolsDir = TOOLS_DIRECTORY): ToolSpec {
  const file = join(toolsDir, 'versions.json');
  const pinned = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Omit<ToolSpec, 'name'> | undefined>;
  const spec = pinned[name];
  if (spec === undefined) throw new Error(`${file} does not name ${name}`);
  return { name, ...spec };
}
