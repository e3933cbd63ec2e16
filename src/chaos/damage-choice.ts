import { StormglassError } from '../base/errors.js';
import { seededRandom } from '../base/random.js';
import type { FaultContext } from '../contracts/fault.js';
import { isOfClass } from '../contracts/stores.js';
import type { StoreDamageParams } from './store-damage-schema.js';
import { storesOf } from './stores-of.js';

/** Whose files are damaged, and how that heals. */
export interface DamageChoice {
  readonly stream: string;
  /** From the other replicas, or, where there are none, from the copies. */
  readonly heals: 'rejoin' | 'restore';
}

/**
 * The stream that is damaged on every target: the one that the scenario names, or one by the seed. Throws where a target
 * has no replica of it, and for more than a minority of its replicas, unless that was asked for.
 */
export async function chooseDamage(
  { stream: asked, file, live, majority }: Pick<StoreDamageParams, 'stream' | 'file' | 'live' | 'majority'>,
  { cluster, control, targets, seed, id }: FaultContext,
): Promise<DamageChoice> {
  // The server writes its streams' states when it ends in order, as it will, and there may be none before.
  const sign = file === 'index' && !live ? 'blk' : file;
  const perTarget = await Promise.all(
    targets.map(async ({ name }) => {
      const files = (await storesOf(cluster).files(name)).filter((each) => isOfClass(each, sign));
      return { name, streams: new Set(files.map(({ stream }) => stream)) };
    }),
  );
  const groups = await control.raftGroups();
  const replicasOf = (stream: string): readonly string[] =>
    groups.find(({ name }) => name === `stream ${stream}`)?.peers ?? [];
  const isMinority = (stream: string): boolean =>
    targets.length <= Math.floor((replicasOf(stream).length - 1) / 2);

  const common = [...(perTarget[0]?.streams ?? [])]
    .filter((stream) => perTarget.every(({ streams }) => streams.has(stream)))
    .sort();
  if (asked !== undefined && !common.includes(asked)) {
    const without = perTarget.filter(({ streams }) => !streams.has(asked)).map(({ name }) => name);
    throw refused(`${without.join(', ')} has no ${file} files of a stream ${asked}`);
  }
  const candidates = asked === undefined ? common : [asked];
  if (candidates.length === 0) {
    throw refused(
      `there is no stream that ${targets.map(({ name }) => name).join(', ')} has ${file} files of`,
    );
  }
  const allowed = majority ? candidates : candidates.filter(isMinority);
  if (allowed.length === 0) {
    const [stream] = candidates as [string];
    const replicas = Math.max(1, replicasOf(stream).length);
    throw refused(
      `${targets.length} of the ${replicas} ${replicas === 1 ? 'replica' : 'replicas'} of ${stream} ${targets.length === 1 ? 'is' : 'are'} no minority`,
      'acknowledged messages may be lost with them: say majority: true if that is what is to be seen',
    );
  }
  const stream = seededRandom(seed, `${id}/stream`).pick(allowed);
  return { stream, heals: replicasOf(stream).length > 1 ? 'rejoin' : 'restore' };
}

function refused(what: string, hint?: string): StormglassError {
  return new StormglassError('expectation', what, hint === undefined ? {} : { hint });
}
