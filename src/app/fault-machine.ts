import { availableMemory } from '../base/available-memory.js';
import type { Machine } from '../contracts/machine.js';
import { hasArgument } from '../processes/command-line.js';
import { type HelperProgram, startHelper } from '../processes/helper-process.js';
import { isAlive } from '../processes/identity.js';
import { readMachineUsage } from '../processes/machine-usage.js';
import { readOpenFilesLimitOf, setOpenFilesLimit } from '../processes/open-files-limit.js';
import { readProcessUsage } from '../processes/process-usage.js';
import { findMarked } from '../processes/run-mark.js';
import { findProgram } from '../processes/tools/find-program.js';
import { findPowerLossLack, findThrottleLack, findVolumeLack } from '../processes/volume-lack.js';

/**
 * This machine, as faults are handed it.
 *
 * @param path where programs are looked for, in the form of the PATH variable
 */
export function createMachine(helpers: HelperProgram, path: string): Machine {
  return {
    usage: () => {
      const { cores, busyNs } = readMachineUsage();
      return { cores, busyNs, availableBytes: availableMemory() };
    },
    processUsage: async (identity) => {
      const usage = isAlive(identity) ? await readProcessUsage(identity.pid) : undefined;
      return usage && { cpuNs: usage.cpuNs, residentBytes: usage.residentBytes, openFiles: usage.openFiles };
    },
    openFilesLimit: (identity = undefined) => {
      if (identity !== undefined && !isAlive(identity)) return undefined;
      return readOpenFilesLimitOf(identity?.pid ?? process.pid);
    },
    setOpenFilesLimit,
    hasProgram: async (name) => findProgram(name, path) !== undefined,
    findHelpers: async (runId, tag) =>
      (await findMarked(runId)).filter((identity) => hasArgument(identity, tag)),
    startHelper: (options) => startHelper(helpers, options),
    findVolumeLack,
    findThrottleLack,
    findPowerLossLack,
  };
}
