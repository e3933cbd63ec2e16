import type { ToolSpec } from './tool-spec.js';

export interface ToolContext {
  /** Tools are kept in its `tools` folder. */
  readonly cacheDir: string;
  /** Where programs are looked for, in the form of the PATH variable. */
  readonly path: string;
  /** The environment that a build inherits: proxies, HOME, caches of its own. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Takes a line for people at a time. */
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
  /** Another module of pinned versions; the one that stormglass brings unless told. */
  readonly toolsDir?: string;
}

export interface FoundTool {
  readonly name: string;
  readonly version: string;
  readonly path: string;
  /** `explicit path`, `PATH`, `cache`, `Go toolchain`. */
  readonly source: string;
  /** How far it is known to be what it says: the version it prints, or the checksum it was built to. */
  readonly verified: 'version' | 'checksum';
}

/** Why a source has no such tool. */
export interface Absence {
  /** Beside the version that is needed, which whoever prints it says once. */
  readonly missing: string;
}

/** Of a program that is the right one, and older than the oldest that is accepted. */
export const tooOld = (path: string, name: string, version: string): Absence => ({
  missing: `${path} is ${name} ${version}, which is too old`,
});

/**
 * One place that a tool can come from. They are asked in order, and a new one (a release archive) is one more file and
 * its place in the list. Rejects with the signal's reason.
 */
export interface ToolSource {
  readonly name: string;
  provide(tool: ToolSpec, context: ToolContext): Promise<FoundTool | Absence>;
}

export function isFound(answer: FoundTool | Absence): answer is FoundTool {
  return 'path' in answer;
}
