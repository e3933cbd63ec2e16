import { StormglassError } from '../base/errors.js';
import { formatSize } from '../base/units.js';
import type { Evidence, Fault, FaultContext, FaultKind, FaultStage } from '../contracts/fault.js';
import type { VolumeLook } from '../contracts/stores.js';
import { type DiskFullParams, diskFullSchema } from './disk-full-schema.js';
import { evidenceOf, type HeldLook, lookAtProcess } from './held-looks.js';
import { lookAtJetStream } from './jetstream-looks.js';
import { storesOf } from './stores-of.js';

/** A file system needs a few blocks for its own books, and may come by some again. */
const FULL_BELOW_BYTES = 64 * 1024;

/**
 * Fills the volume of a node's store. JetStream stops on that server with the first write that fails; space alone does
 * not bring it back, so healing also starts the server again.
 */
export const diskFull = {
  kind: 'disk-full',
  summary: "fills the volume of a node's store, and starts the server again when there is space",
  needs: ['stores', 'store-volumes'],
  claims: ['process', 'store'],
  schema: diskFullSchema,
  takesDown: (params) => (fillsUp(params as DiskFullParams) ? 'all' : 'none'),
  async findLack(_params, machine) {
    const lack = await machine.findVolumeLack('tmpfs');
    return (
      lack && {
        what: lack.what,
        hint: `${lack.hint}; or use storage-limit, which needs no privileges: a limit of JetStream is reached, not the disk`,
      }
    );
  },
  create: (params) => filling(params as DiskFullParams),
} satisfies FaultKind & {
  readonly schema: typeof diskFullSchema;
  takesDown(params: Readonly<Record<string, unknown>>): 'all' | 'none';
};

/** Whether nothing is left. With room left, the server goes on for as long as that lasts. */
const fillsUp = ({ left }: DiskFullParams): boolean => ('bytes' in left ? left.bytes : left.ratio) === 0;

function filling(params: DiskFullParams): Fault {
  const { left } = params;
  const fills = fillsUp(params);
  const leftBytes = ({ sizeBytes }: VolumeLook): number =>
    'bytes' in left ? left.bytes : Math.round(left.ratio * sizeBytes);

  const lookAtSpace = async (
    { cluster }: FaultContext,
    name: string,
    stage: FaultStage,
  ): Promise<HeldLook> => {
    const at = `${name} volume`;
    const volume = await storesOf(cluster).lookAtVolume(name);
    if (volume === undefined)
      return { at, saw: `${name}'s store is not on a volume of its own`, holds: false };
    const saw = `${formatSize(volume.freeBytes)} of ${formatSize(volume.sizeBytes)} free`;
    const isFull = volume.freeBytes <= Math.max(leftBytes(volume), FULL_BELOW_BYTES);
    return { at, saw, holds: isFull === (stage === 'during') };
  };

  const lookAtNode = async (context: FaultContext, name: string, stage: FaultStage): Promise<HeldLook[]> => {
    const node = context.cluster.node(name);
    const [space, process, { state, ...jetstream }] = await Promise.all([
      lookAtSpace(context, name, stage),
      lookAtProcess(context.cluster, name, ({ state }) => state === 'running'),
      lookAtJetStream(node),
    ]);
    const asWanted = stage === 'during' ? !fills || state === 'off' : state === 'ok';
    return [space, process, { ...jetstream, holds: asWanted }];
  };

  return {
    impact: ({ targets }) => ({ down: fills ? targets.map(({ name }) => name) : [], cuts: [] }),

    async prepare({ id, cluster, targets }) {
      const stores = storesOf(cluster);
      for (const { name } of targets) {
        const volume = await stores.lookAtVolume(name);
        if (volume === undefined) {
          throw new StormglassError('expectation', `the store of ${name} is not on a volume of its own`, {
            hint: 'nodes that were added while the system runs have none',
          });
        }
        if (volume.freeBytes <= leftBytes(volume)) {
          const free = formatSize(volume.freeBytes);
          throw new StormglassError(
            'expectation',
            `the volume of ${name} has only ${free} left before the fault`,
          );
        }
      }
      return targets.map(({ name }) =>
        stores.rejoinRecord(name, `make room on the volume of node ${name}, and start it again`, {
          remove: [stores.balloonOf(name, id)],
          restore: [],
        }),
      );
    },

    async inject({ id, cluster, targets }) {
      const stores = storesOf(cluster);
      for (const { name } of targets) {
        const volume = await stores.lookAtVolume(name);
        await stores.fill(name, id, volume === undefined ? 0 : leftBytes(volume));
      }
    },

    async observe(context, stage): Promise<Evidence> {
      const looks = await Promise.all(context.targets.map(({ name }) => lookAtNode(context, name, stage)));
      return evidenceOf(looks.flat());
    },
  };
}
