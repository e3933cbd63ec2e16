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
/** What a server logs that could not write: of the whole of its JetStream, or of one stream. */
const COULD_NOT_WRITE = /no space left|out of .*resources|write error/i;
const MOST_LINES_TOLD = 2;

/**
 * Fills the volume of a node's store. With the first write that fails, JetStream stops on that server, or the stream that
 * was to be written to stops there; space alone does not bring either back, so healing also starts the server again.
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

  /** By node: where its log ended before. */
  const logEnds = new Map<string, number>();

  const wordsOf = ({ cluster }: FaultContext, name: string): readonly string[] =>
    storesOf(cluster)
      .logSince(name, logEnds.get(name) ?? 0)
      .filter((line) => COULD_NOT_WRITE.test(line));

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
    if (stage !== 'during') return [space, process, { ...jetstream, holds: state === 'ok' }];
    const words = logEnds.has(name) ? wordsOf(context, name) : [];
    const holds = !fills || state === 'off' || words.length > 0;
    const log = { at: `${name} log`, saw: words.slice(0, MOST_LINES_TOLD).join(' | ') || 'no failed write' };
    return [space, process, { ...jetstream, holds }, { ...log, holds }];
  };

  return {
    impact: ({ targets }) => ({ down: fills ? targets.map(({ name }) => name) : [], cuts: [] }),

    async prepare({ id, cluster, targets }) {
      const stores = storesOf(cluster);
      for (const { name } of targets) {
        const volume = await stores.lookAtVolume(name);
        if (volume === undefined) {
          throw new StormglassError('expectation', `the store of ${name} is not on a volume of its own`, {
            hint: 'say `volumes: { size: 256MiB }` in the cluster of the scenario; nodes that were added while it runs have none',
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
        logEnds.set(name, stores.logEnd(name));
        await stores.fill(name, id, volume === undefined ? 0 : leftBytes(volume));
      }
    },

    async observe(context, stage): Promise<Evidence> {
      const looks = await Promise.all(context.targets.map(({ name }) => lookAtNode(context, name, stage)));
      return evidenceOf(looks.flat());
    },
  };
}
