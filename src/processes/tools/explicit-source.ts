import { messageOf, PreflightError } from '../../base/errors.js';
import { namedPathHint } from './named-path-hint.js';
import type { ToolSource } from './tool-source.js';
import { askVersion, isAtLeast } from './tool-version.js';

/** The path that the user named: that one or none, so it throws a PreflightError where others let the next one try. */
export const explicitSource = (path: string): ToolSource => ({
  name: 'explicit path',
  async provide(tool) {
    let version: string;
    try {
      version = await askVersion(tool.name, path);
    } catch (error) {
      throw new PreflightError(messageOf(error), {
        cause: error,
        hint: namedPathHint(tool.name, tool.minimum),
      });
    }
    if (!isAtLeast(version, tool.minimum)) {
      throw new PreflightError(`${path} is ${tool.name} ${version}, and ${tool.minimum} or later is needed`, {
        hint: `Leave the path out to have ${tool.version} provided.`,
      });
    }
    return { name: tool.name, version, path, source: this.name, verified: 'version' };
  },
});
