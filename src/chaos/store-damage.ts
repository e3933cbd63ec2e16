import { dirname, join } from 'node:path';
import { type Random, seededRandom } from '../base/random.js';
import type { Cluster, ClusterNode } from '../contracts/cluster.js';
import type { Fault, FaultContext, FaultStage } from '../contracts/fault.js';
import { type DamagedFile, type FileDamage, isOfClass, type StoreFile } from '../contracts/stores.js';
import { chooseDamage, type DamageChoice } from './damage-choice.js';
import { evidenceOf, type HeldLook } from './held-looks.js';
import { lookAtJetStream } from './jetstream-looks.js';
import type { StoreDamageParams } from './store-damage-schema.js';
import { copiesOf, endServer, flatName } from './stored-copies.js';
import { storesOf } from './stores-of.js';
import { allTargetsDown } from './taken-down.js';

/** What is done to one file, with what that is for people. */
export type DrawDamage = (
  file: StoreFile,
  random: Random,
) => { readonly damage: FileDamage; readonly said: string };

interface Damaged extends DamagedFile {
  readonly said: string;
}

/**
 * A fault that damages files of a stream on its targets' stores: copied, damaged by the seed, and run on. Bytes that a
 * server has run on cannot be put back for a stream that others have replicas of: there the node forgets the stream
 * and gets it anew from them. Of a stream without others, the copies are put back. Without `repair`, neither is done:
 * what the system makes of the damage is what is to be seen.
 */
export function storeDamage(params: StoreDamageParams, draw: DrawDamage): Fault {
  const { file: fileClass, files: count, live, repair } = params;
  let choice: DamageChoice | undefined;
  /** By node: what can be put back, where that is how it heals. */
  const restorable = new Map<string, ReadonlySet<string>>();
  const damaged = new Map<string, readonly Damaged[]>();
  /** Where each node's log ended, and which start of it ran, before it was touched. */
  const untouched = new Map<string, { readonly logEnd: number; readonly instance: string | undefined }>();

  const damageNode = async (context: FaultContext, { name }: ClusterNode): Promise<void> => {
    const { id, cluster, seed } = context;
    const { stream } = choice as DamageChoice;
    const stores = storesOf(cluster);
    const { instance } = await cluster.lookAtProcess(name);
    untouched.set(name, { logEnd: stores.logEnd(name), instance });
    // In order, where only a server that ends so writes the file.
    if (!live) await endServer(cluster, name, fileClass === 'index' ? 'SIGTERM' : 'SIGKILL');
    const random = seededRandom(seed, `${id}/${name}`);
    const there = (await stores.files(name)).filter(
      (each) =>
        each.stream === stream &&
        isOfClass(each, fileClass) &&
        each.bytes > 0 &&
        restorable.get(name)?.has(each.path) !== false,
    );
    if (there.length === 0)
      throw new Error(`${name} has no file of class ${fileClass} of the stream ${stream}`);
    const done: Damaged[] = [];
    damaged.set(name, done);
    for (const file of drawSome(there, count, random)) {
      const { damage, said } = draw(file, random.fork(file.name));
      const copyTo = join(copiesOf(context, name), flatName(file.path));
      done.push({ ...(await stores.damage(file, damage, copyTo)), said });
    }
    if (!live) await cluster.startNode(name);
  };

  /** What there is of the class, and what there will be of it when the server has ended. */
  const damageable = async (cluster: Cluster, name: string, stream: string): Promise<string[]> => {
    const files = (await storesOf(cluster).files(name)).filter((each) => each.stream === stream);
    const ofClass = files.filter((each) => isOfClass(each, fileClass)).map(({ path }) => path);
    const messages = files.find((each) => each.fileClass === 'blk');
    if (fileClass !== 'index' || ofClass.length > 0 || messages === undefined) return ofClass;
    return [join(dirname(messages.path), 'index.db')];
  };

  const lookAtNode = async (
    context: FaultContext,
    node: ClusterNode,
    stage: FaultStage,
  ): Promise<HeldLook[]> => {
    const { cluster } = context;
    const was = untouched.get(node.name);
    const [process, { state, ...jetstream }] = await Promise.all([
      cluster.lookAtProcess(node.name),
      lookAtJetStream(node),
    ]);
    const isDown = process.state === 'down';
    const isOld = !live && !isDown && process.instance === was?.instance;
    const processLook = { at: `${node.name} process`, saw: process.saw };
    // What the server makes of it is its own business: a stream that it no longer has is a find, not a fault.
    if (stage === 'during') {
      const files = await Promise.all(
        (damaged.get(node.name) ?? []).map((each) => lookAtDamage(cluster, node.name, each, live)),
      );
      const nothing = { at: `${node.name} files`, saw: 'none was damaged', holds: false };
      return [
        ...(files.length === 0 ? [nothing] : files),
        // A server that damage keeps from running shows it best.
        { ...processLook, holds: !isOld },
        // Whoever runs is heard before it is said what the server made of it.
        { ...jetstream, holds: state !== 'unreachable' || isDown },
        wordsOf(cluster, node.name),
      ];
    }
    const runs = process.state === 'running' && !(stage === 'after' && isOld);
    return [
      { ...processLook, holds: runs },
      // A node that has to live with the damage may never be well again.
      { ...jetstream, holds: state === 'ok' || (stage === 'after' && !repair && state !== 'unreachable') },
    ];
  };

  const wordsOf = (cluster: Cluster, name: string): HeldLook => {
    const lines = storesOf(cluster).logSince(name, untouched.get(name)?.logEnd ?? 0);
    const { stream } = choice as DamageChoice;
    const told = lines.filter((line) => / \[(WRN|ERR|FTL)\] /.test(line) && line.includes(stream));
    const more = told.length > 3 ? `, and ${told.length - 3} lines more` : '';
    const saw = told.length === 0 ? 'no word of the stream' : `${told.slice(0, 3).join(' | ')}${more}`;
    return { at: `${name} log`, saw, holds: true };
  };

  return {
    impact: allTargetsDown,

    async prepare(context) {
      const stores = storesOf(context.cluster);
      choice = await chooseDamage(params, context);
      const { stream, heals } = choice;
      return Promise.all(
        context.targets.map(async ({ name }) => {
          if (!repair) return context.cluster.startRecord(name);
          if (heals === 'rejoin') {
            const remove = [
              ...(await stores.directoriesOf(name, stream)),
              // A server without the meta group's state gets that from the others, too.
              ...(fileClass === 'meta-snapshot' ? await stores.directoriesOfMetaGroup(name) : []),
            ];
            return stores.rejoinRecord(
              name,
              `have node ${name} get the stream ${stream} anew from its other replicas`,
              {
                remove,
                restore: [],
              },
            );
          }
          const paths = await damageable(context.cluster, name, stream);
          restorable.set(name, new Set(paths));
          const from = copiesOf(context, name);
          return stores.rejoinRecord(
            name,
            `put the files of the stream ${stream} back on node ${name} as they were`,
            {
              remove: [],
              restore: paths.map((to) => ({ from: join(from, flatName(to)), to })),
            },
          );
        }),
      );
    },

    async inject(context) {
      for (const node of context.targets) await damageNode(context, node);
    },

    async observe(context, stage) {
      const looks = context.targets.map((node) => lookAtNode(context, node, stage));
      return evidenceOf((await Promise.all(looks)).flat());
    },
  };
}

/** What was done to a file, proven by what was read from the disk before and after, and what it is now. */
async function lookAtDamage(
  cluster: Cluster,
  node: string,
  { file, before, after, said }: Damaged,
  live: boolean,
): Promise<HeldLook> {
  const now = await storesOf(cluster).lookAtFile(file.path);
  const since =
    now === undefined
      ? 'the server has removed it since'
      : now.sha256 === after.sha256
        ? 'so it still is'
        : `the server has written to it since: ${now.bytes} bytes now`;
  const sums = `sha256 ${before.sha256.slice(0, 12)}… → ${after.sha256.slice(0, 12)}…`;
  return {
    at: `${node} ${file.name}`,
    saw: `${said}, ${sums}; ${since}`,
    // A server that ran may have had it in memory, and written it whole again; one that was down has met the damage.
    holds: before.sha256 !== after.sha256 && (!live || now?.sha256 !== before.sha256),
  };
}

function drawSome(files: readonly StoreFile[], count: number, random: Random): StoreFile[] {
  const left = [...files];
  const drawn: StoreFile[] = [];
  while (left.length > 0 && drawn.length < count) {
    drawn.push(...left.splice(random.below(left.length), 1));
  }
  return drawn;
}
