import { messageOf } from '../../base/errors.js';
import { findProgram } from './find-program.js';
import { type ToolSource, tooOld } from './tool-source.js';
import { askVersion, isAtLeast } from './tool-version.js';

/** What the user has installed. One that is too old is passed over, and said so: nobody asked for that one. */
export const pathSource: ToolSource = {
  name: 'PATH',
  async provide(tool, { path, progress }) {
    const program = findProgram(tool.program, path);
    if (program === undefined) return { missing: 'not on the PATH' };
    let version: string;
    try {
      version = await askVersion(tool.name, program);
    } catch (error) {
      return { missing: messageOf(error) };
    }
    if (!isAtLeast(version, tool.minimum)) {
      progress(
        `${program} is ${tool.name} ${version}, and ${tool.minimum} or later is needed; looking for another`,
      );
      return tooOld(program, tool.name, version);
    }
    return { name: tool.name, version, path: program, source: this.name, verified: 'version' };
  },
};
