import { join } from 'node:path';
import { NS, sleep } from '../base/clock.js';
import { StormglassError } from '../base/errors.js';
import { formatDuration, formatSize } from '../base/units.js';
import type { ClusterNode } from '../contracts/cluster.js';
import type { Fault, FaultContext, FaultKind, FaultStage } from '../contracts/fault.js';
import type { DirectoryLook } from '../contracts/stores.js';
import type { UndoRecord } from '../contracts/undo.js';
import { chooseDamage, type DamageChoice } from './damage-choice.js';
import { evidenceOf, type HeldLook } from './held-looks.js';
import { lookAtJetStream } from './jetstream-looks.js';
import { type SnapshotRestoreParams, snapshotRestoreSchema } from './snapshot-restore-schema.js';
import { copiesOf, endServer, flatName } from './stored-copies.js';
import { storesOf } from './stores-of.js';
import { allTargetsDown } from './taken-down.js';

/** Copying and putting back take their time beside the age. */
const INJECT_TAKES_NS = 120 * NS.s;

/** A directory at the three times that prove a rollback. */
interface RolledBack {
  readonly path: string;
  /** When the copy was taken. */
  readonly old: DirectoryLook | undefined;
  /** When the server was killed, `age` later. */
  readonly latest: DirectoryLook | undefined;
  /** When the copy had been put back, before the server was started on it. */
  readonly put: DirectoryLook | undefined;
}

/** Puts a stream of a node back to what it was a while ago, as the restore of an old snapshot of its disk does. */
export const snapshotRestore = {
  kind: 'snapshot-restore',
  summary: "puts an old copy of a stream back into a node's store, and has the server run on it",
  needs: ['process-control', 'stores'],
  claims: ['process', 'store'],
  schema: snapshotRestoreSchema,
  create: (params) => restoring(params as SnapshotRestoreParams),
} satisfies FaultKind & { readonly schema: typeof snapshotRestoreSchema };

function restoring({ stream: asked, age, repair, majority }: SnapshotRestoreParams): Fault {
  let choice: DamageChoice | undefined;
  const rolledBack = new Map<string, readonly RolledBack[]>();
  /** Where each node's log ended, and which start of it ran, before it was touched. */
  const untouched = new Map<string, { readonly logEnd: number; readonly instance: string | undefined }>();

  const record = async (context: FaultContext, name: string): Promise<UndoRecord> => {
    const { stream, heals } = choice as DamageChoice;
    const stores = storesOf(context.cluster);
    if (!repair) return context.cluster.startRecord(name);
    const directories = await stores.directoriesOf(name, stream);
    if (heals === 'rejoin') {
      const what = `have node ${name} get the stream ${stream} anew from its other replicas`;
      return stores.rejoinRecord(name, what, { remove: directories, restore: [] });
    }
    const what = `put the stream ${stream} of node ${name} back as it was before it was rolled back`;
    const latest = latestOf(context, name);
    const restore = directories.map((to) => ({ from: join(latest, flatName(to)), to }));
    return stores.rejoinRecord(name, what, { remove: [], restore });
  };

  const rollBack = async (context: FaultContext): Promise<void> => {
    const { cluster, targets, signal } = context;
    const { stream } = choice as DamageChoice;
    const stores = storesOf(cluster);
    const old = new Map<string, DirectoryLook | undefined>();
    for (const { name } of targets) {
      const { instance } = await cluster.lookAtProcess(name);
      untouched.set(name, { logEnd: stores.logEnd(name), instance });
      const directories = await stores.directoriesOf(name, stream);
      // Of one moment: a server that writes on would leave files of several.
      await cluster.signal(name, 'SIGSTOP');
      try {
        for (const path of directories)
          old.set(path, await stores.copyDirectory(path, join(oldOf(context, name), flatName(path))));
      } finally {
        await cluster.signal(name, 'SIGCONT');
      }
    }
    await sleep(age / NS.ms, signal);
    for (const { name } of targets) {
      await endServer(cluster, name, 'SIGKILL');
      const done: RolledBack[] = [];
      rolledBack.set(name, done);
      // What has come since, a consumer for one, goes.
      for (const path of await stores.directoriesOf(name, stream)) {
        const latest = await stores.copyDirectory(path, join(latestOf(context, name), flatName(path)));
        const put = await stores.replaceDirectory(path, join(oldOf(context, name), flatName(path)));
        done.push({ path, old: old.get(path), latest, put });
      }
      await cluster.startNode(name);
    }
  };

  const lookAtNode = async (
    { cluster }: FaultContext,
    node: ClusterNode,
    stage: FaultStage,
  ): Promise<HeldLook[]> => {
    const { name } = node;
    const was = untouched.get(name);
    const [process, { state, ...jetstream }] = await Promise.all([
      cluster.lookAtProcess(name),
      lookAtJetStream(node),
    ]);
    const processLook = { at: `${name} process`, saw: process.saw };
    const isDown = process.state === 'down';
    const isOld = !isDown && process.instance === was?.instance;
    if (stage !== 'during') {
      return [
        { ...processLook, holds: process.state === 'running' && !(stage === 'after' && isOld) },
        // A node that has to live with it may never be well again.
        { ...jetstream, holds: state === 'ok' || (stage === 'after' && !repair && state !== 'unreachable') },
      ];
    }
    const looks = (rolledBack.get(name) ?? []).map((each) => lookAtRollback(name, each));
    return [
      ...looks.map((look) => ({ ...look, holds: true })),
      { at: `${name} store`, saw: storeText(looks), holds: looks.some(({ holds }) => holds) },
      { ...processLook, holds: !isOld },
      { ...jetstream, holds: state !== 'unreachable' || isDown },
    ];
  };

  return {
    injectWithinNs: age + INJECT_TAKES_NS,

    impact: allTargetsDown,

    async prepare(context) {
      if (age >= context.forNs) {
        throw new StormglassError(
          'expectation',
          `a copy that is ${formatDuration(age)} old cannot be put back within ${formatDuration(context.forNs)}`,
          { hint: 'make `age` shorter than `for`' },
        );
      }
      choice = await chooseDamage({ stream: asked, file: 'blk', live: true, majority }, context);
      return Promise.all(context.targets.map(({ name }) => record(context, name)));
    },

    inject: rollBack,

    async observe(context, stage) {
      const looks = context.targets.map((node) => lookAtNode(context, node, stage));
      return evidenceOf((await Promise.all(looks)).flat());
    },
  };
}

const oldOf = (context: FaultContext, node: string): string => join(copiesOf(context, node), 'old');
const latestOf = (context: FaultContext, node: string): string => join(copiesOf(context, node), 'latest');

/** That what lies on the disk was the copy, and that the copy was not what lay there. */
function lookAtRollback(node: string, { path, old, latest, put }: RolledBack): HeldLook {
  const isPut = put?.sha256 === old?.sha256;
  const saw = `was ${textOf(latest)}, put back: ${textOf(put)}${isPut ? '' : `, which is not what was copied: ${textOf(old)}`}`;
  return { at: `${node} ${shortName(path)}`, saw, holds: isPut && latest?.sha256 !== old?.sha256 };
}

/** `ORDERS`, or the Raft group `S-R3F-abc`. */
const shortName = (path: string): string => path.split('/').slice(-2).join('/');

const textOf = (look: DirectoryLook | undefined): string =>
  look === undefined
    ? 'nothing'
    : `${look.files} ${look.files === 1 ? 'file' : 'files'}, ${formatSize(look.bytes)}, sha256 ${look.sha256.slice(0, 12)}…`;

function storeText(looks: readonly HeldLook[]): string {
  const changed = looks.filter(({ holds }) => holds).length;
  return `${changed} of ${looks.length} directories are another than they were`;
}
