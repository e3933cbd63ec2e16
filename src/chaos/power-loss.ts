import { formatSize } from '../base/units.js';
import type { Fault, FaultKind } from '../contracts/fault.js';
import type { DirectoryLook, PowerLoss } from '../contracts/stores.js';
import { evidenceOf, type HeldLook, lookForDown, lookForUp } from './held-looks.js';
import { powerLossSchema } from './power-loss-schema.js';
import { runningInstance } from './running-instance.js';
import { endServer } from './stored-copies.js';
import { storesOf } from './stores-of.js';
import { endsProcesses } from './taken-down.js';

/** Ends the targets' servers and takes from their stores what was not flushed: all of them at the same moment. */
export const powerLoss = {
  kind: 'power-loss',
  summary: 'ends a server, takes from its disk what was not flushed, and starts it after `restart-after`',
  needs: ['process-control', 'stores', 'block-volumes'],
  claims: ['process', 'store'],
  schema: powerLossSchema,
  durationKey: 'restart-after',
  findLack: async (_params, machine) =>
    (await machine.findVolumeLack('loop')) ?? (await machine.findPowerLossLack()),
  create: losing,
} satisfies FaultKind & { readonly schema: typeof powerLossSchema; readonly durationKey: string };

function losing(): Fault {
  /** Which start of each target was ended. */
  const ended = new Map<string, string>();
  const lost = new Map<string, PowerLoss>();

  return {
    ...endsProcesses,

    async inject({ cluster, targets }) {
      const stores = storesOf(cluster);
      for (const { name } of targets) await stores.flushWitness(name);
      await Promise.all(
        targets.map(async ({ name }) => {
          const instance = await runningInstance(cluster, name);
          await endServer(cluster, name, 'SIGKILL');
          ended.set(name, instance);
          lost.set(name, await stores.losePower(name));
        }),
      );
    },

    async observe({ cluster, targets }, stage) {
      const looks = targets.map(async (node) => {
        if (stage === 'before') return lookForUp(cluster, node);
        if (stage === 'after') return lookForUp(cluster, node, ended.get(node.name));
        const down = await lookForDown(cluster, node);
        const isEnded = ended.has(node.name);
        return [
          ...lookAtDisk(node.name, lost.get(node.name)),
          ...down.map((look) => (isEnded ? look : { ...look, holds: false })),
        ];
      });
      return evidenceOf((await Promise.all(looks)).flat());
    },
  };
}

/** Two files of our own tell that it was a loss of power, however much the server had flushed. */
function lookAtDisk(node: string, loss: PowerLoss | undefined): HeldLook[] {
  if (loss === undefined) return [{ at: `${node} disk`, saw: 'kept its power', holds: false }];
  const { before, after, flushedIsThere, unflushedIsThere } = loss;
  const is = (isThere: boolean) => (isThere ? 'is there' : 'is gone');
  return [
    { at: `${node} a file that was flushed`, saw: is(flushedIsThere), holds: flushedIsThere },
    { at: `${node} a file that was not`, saw: is(unflushedIsThere), holds: !unflushedIsThere },
    {
      at: `${node} store`,
      saw:
        before?.sha256 === after?.sha256
          ? `all of it had been flushed: ${textOf(after)}`
          : `had ${textOf(before)}; what had been flushed: ${textOf(after)}`,
      holds: true,
    },
  ];
}

const textOf = (look: DirectoryLook | undefined): string =>
  look === undefined ? 'nothing' : `${look.files} files, ${formatSize(look.bytes)}`;
