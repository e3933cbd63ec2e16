import { NS, nowNs, sleep } from '../../base/clock.js';
import { codeOf, messageOf } from '../../base/errors.js';
import { formatDuration } from '../../base/units.js';
import { type Claim, tryClaim } from '../claim.js';
import { goBuild } from './go-build.js';
import { findGoToolchain, type GoToolchain } from './go-toolchain.js';
import { cacheSource, clearAbandonedWorkshops, entryName, openWorkshop, toolsFolder } from './tool-cache.js';
import { type Absence, type FoundTool, isFound, type ToolContext, type ToolSource } from './tool-source.js';
import type { ToolSpec } from './tool-spec.js';
import { askVersion } from './tool-version.js';

/** Another's build is waited for this long; after it we build too, which costs time and breaks nothing. */
const WAIT_FOR_OTHER_MS = 10 * 60_000;

/** Builds the pinned version into the cache with the Go toolchain, which verifies every module against go.sum. */
export const goSource: ToolSource = {
  name: 'Go toolchain',
  async provide(tool, context) {
    const go = await findGoToolchain(tool, context);
    if ('missing' in go) return go;
    try {
      const claim = await waitForTurn(tool, context);
      try {
        const meanwhile = await cacheSource.provide(tool, context);
        return isFound(meanwhile) ? meanwhile : await make(tool, go, context);
      } finally {
        claim?.release();
      }
    } catch (error) {
      context.signal.throwIfAborted();
      if (codeOf(error) === undefined) throw error;
      return { missing: `it cannot be built into ${context.cacheDir}: ${messageOf(error)}` };
    }
  },
};

async function waitForTurn(
  tool: ToolSpec,
  { cacheDir, progress, signal }: ToolContext,
): Promise<Claim | undefined> {
  const deadlineNs = nowNs() + WAIT_FOR_OTHER_MS * NS.ms;
  for (let told = false; nowNs() < deadlineNs; told = true) {
    const claim = await tryClaim(toolsFolder(cacheDir), `.lock-${entryName(tool)}`);
    if (claim) return claim;
    if (!told) progress(`waiting for another stormglass that builds ${tool.name} …`);
    // Uneven, so that two who refuse each other do not meet again for ever.
    await sleep(100 + (nowNs() % 100), signal);
  }
  return undefined;
}

async function make(tool: ToolSpec, go: GoToolchain, context: ToolContext): Promise<FoundTool | Absence> {
  const { cacheDir, progress } = context;
  await clearAbandonedWorkshops(cacheDir);
  await using workshop = await openWorkshop(tool, cacheDir);
  progress(`building ${tool.name} ${tool.version} with ${go.version} (once; it may take minutes) …`);
  const startNs = nowNs();
  const failure = await goBuild(tool, go, workshop, context);
  if (failure !== undefined) return { missing: `${go.program} could not build it: ${failure}` };
  const version = await askVersion(tool.name, workshop.program);
  if (version !== tool.version)
    return { missing: `what ${go.program} built is ${version}, not ${tool.version}` };
  await workshop.finish(go.version);
  const tookNs = Math.round((nowNs() - startNs) / NS.s) * NS.s;
  progress(`built ${tool.name} ${tool.version} in ${formatDuration(Math.max(NS.s, tookNs))}`);
  const made = await cacheSource.provide(tool, context);
  return isFound(made) ? { ...made, source: goSource.name } : made;
}
