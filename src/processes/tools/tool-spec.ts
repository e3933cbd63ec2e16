import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The servers and programs that stormglass runs. */
export const TOOL_NAMES = ['nats-server', 'nats', 'toxiproxy', 'jaeger'] as const;
export type ToolName = (typeof TOOL_NAMES)[number];

/** A tool as it is pinned in tools/versions.json. */
export interface ToolSpec {
  readonly name: ToolName;
  /** The file that is run. */
  readonly program: string;
  /** What is provided when there is none. */
  readonly version: string;
  /** The oldest that is accepted. */
  readonly minimum: string;
  readonly module: string;
  /** What `go build` builds. */
  readonly package: string;
  /** The Go module that pins versions and checksums. */
  readonly directory: string;
  /** The Go variable that a release sets to its version: without it the program does not know its own. */
  readonly versionVariable?: string;
}

type PinnedTool = Omit<ToolSpec, 'name' | 'program' | 'directory'> & {
  /** Where it is not the tool's name. */
  readonly program?: string;
  /** Where its Go module is another than that of the others. */
  readonly folder?: string;
  /** Beside the one that a run uses: each has a folder of its own in tools/, for a Go module holds one version. */
  readonly others?: readonly { readonly version: string; readonly folder: string }[];
};

/** The Go module that pins versions and checksums; it lies beside src/ as beside dist/. */
export const TOOLS_DIRECTORY = fileURLToPath(new URL('../../../tools', import.meta.url));

/** The version of a tool that a run uses. */
export function toolSpec(name: ToolName, toolsDir = TOOLS_DIRECTORY): ToolSpec {
  return toolSpecs(name, toolsDir)[0];
}

/** Every version of a tool that can be provided, the one that a run uses first. */
export function toolSpecs(name: ToolName, toolsDir = TOOLS_DIRECTORY): readonly [ToolSpec, ...ToolSpec[]] {
  const file = join(toolsDir, 'versions.json');
  const pinned = (JSON.parse(readFileSync(file, 'utf8')) as Record<string, PinnedTool | undefined>)[name];
  if (pinned === undefined) throw new Error(`${file} does not name ${name}`);
  const { others = [], folder: ownFolder = '', ...rest } = pinned;
  const spec: ToolSpec = { program: name, ...rest, name, directory: join(toolsDir, ownFolder) };
  return [
    spec,
    ...others.map(({ version, folder }) => ({ ...spec, version, directory: join(toolsDir, folder) })),
  ];
}
