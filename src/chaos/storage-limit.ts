import { z } from 'zod';
import { messageOf } from '../base/errors.js';
import { formatSize } from '../base/units.js';
import { waitFor } from '../base/wait.js';
import type { ClusterNode } from '../contracts/cluster.js';
import type { Fault, FaultContext, FaultKind, FaultStage } from '../contracts/fault.js';
import type { RemoveStream } from '../contracts/undo.js';
import { type CanaryStream, createCanary, offerToCanary } from '../nats/canary-stream.js';
import { readJsz } from '../nats/endpoints.js';
import { evidenceOf, type HeldLook, lookAtProcess } from './held-looks.js';
import { lookAtJetStream } from './jetstream-looks.js';
import { runningInstance } from './running-instance.js';
import { storesOf } from './stores-of.js';
import { allTargetsDown } from './taken-down.js';

/** "insufficient resources": what a server answers that has reached its own limit. */
const INSUFFICIENT_RESOURCES = 10023;

/** How long a server may take to store the first message of its canary, before it is limited. */
const CANARY_TAKES_MS = 10_000;

/** How long a server may take to say how much its streams take up: a busy one may not answer the first question. */
const TELLS_WITHIN_MS = 10_000;

/** The keys of a `storage-limit` in a scenario, beside kind, at, target and for: there are none. */
export const storageLimitSchema = z.strictObject({});

/**
 * Starts a server anew with a limit on JetStream's disk (`max_file_store`) below what its streams hold: what it is asked
 * to store from then on is refused, though the disk has room. nats-server takes a lower limit only at its start.
 */
export const storageLimit = {
  kind: 'storage-limit',
  summary: "has a server reach JetStream's own limit on what its streams take up on disk (max_file_store)",
  needs: ['process-control', 'stores'],
  claims: ['process', 'store', 'settings'],
  schema: storageLimitSchema,
  create: () => limiting(),
} satisfies FaultKind & { readonly schema: typeof storageLimitSchema };

function limiting(): Fault {
  const limited = new Set<string>();

  const lookAtLimit = async ({ name, monitorUrl }: ClusterNode, stage: FaultStage): Promise<HeldLook> => {
    const at = `${name} /jsz`;
    try {
      const { storage = 0, config } = await readJsz(monitorUrl as string);
      const limit = config?.max_storage ?? 0;
      const saw = `its streams take up ${formatSize(storage)}, its limit is ${formatSize(limit)}`;
      return { at, saw, holds: storage > limit === (stage === 'during') };
    } catch (error) {
      return { at, saw: messageOf(error), holds: false };
    }
  };

  const lookAtCanary = async (context: FaultContext, node: ClusterNode): Promise<HeldLook> => {
    const canary = canaryOf(context, node);
    const { code, saw } = await offerToCanary(context.cluster.observerAccess, canary);
    return { at: `${node.name} stream ${canary.name}`, saw, holds: code === INSUFFICIENT_RESOURCES };
  };

  const lookAtNode = async (context: FaultContext, node: ClusterNode, stage: FaultStage) => {
    const isDuring = stage === 'during';
    const [process, limit, jetstream, canary] = await Promise.all([
      lookAtProcess(context.cluster, node.name, ({ state }) => state === 'running'),
      lookAtLimit(node, stage),
      lookAtJetStream(node),
      isDuring && limited.has(node.name) ? lookAtCanary(context, node) : undefined,
    ]);
    if (isDuring) {
      const nothing = { at: `${node.name} settings`, saw: 'no limit was set', holds: false };
      return [process, limit, canary ?? nothing];
    }
    const { state, at, saw } = jetstream;
    return [process, limit, { at, saw, holds: state === 'ok' }];
  };

  return {
    impact: allTargetsDown,

    async prepare(context) {
      const { id, cluster, targets } = context;
      for (const { name } of targets) await runningInstance(cluster, name);
      const stores = storesOf(cluster);
      return targets.flatMap((node) => [
        removalOf(context, node),
        stores.rejoinRecord(node.name, `start node ${node.name} again without the limit on its storage`, {
          remove: [],
          restore: [stores.settingsCopy(node.name, id)],
        }),
      ]);
    },

    async inject(context) {
      const { id, runId, cluster, targets } = context;
      const stores = storesOf(cluster);
      for (const node of targets) {
        const canary = canaryOf(context, node);
        const placementTag = stores.placementTag(node.name);
        await createCanary(cluster.observerAccess, canary, { placementTag, mark: runId });
        // A busy server may not answer the first.
        let saw = 'nothing was offered';
        const isTaken = async () => {
          const offer = await offerToCanary(cluster.observerAccess, canary);
          saw = offer.saw;
          return offer.state === 'taken';
        };
        if (!(await waitFor(isTaken, { timeoutMs: CANARY_TAKES_MS, signal: context.signal })))
          throw new Error(`${canary.name} is of no use: ${saw}`);
      }
      for (const node of targets) {
        // Well below what is there, which may be a little less after the start.
        const half = Math.floor((await storageOf(node, context.signal)) / 2);
        await stores.restartWithLimit(node.name, id, Math.max(1, half));
        limited.add(node.name);
      }
    },

    async observe(context, stage) {
      const looks = context.targets.map((node) => lookAtNode(context, node, stage));
      return evidenceOf((await Promise.all(looks)).flat());
    },
  };
}

async function storageOf({ name, monitorUrl }: ClusterNode, signal: AbortSignal): Promise<number> {
  const page = await waitFor(() => readJsz(monitorUrl as string), { timeoutMs: TELLS_WITHIN_MS, signal });
  if (page === undefined) throw new Error(`${name} does not say how much its streams take up`);
  return page.storage ?? 0;
}

/** On the node alone: what it refuses, nobody else could take. */
function canaryOf({ id, runId }: FaultContext, { name }: ClusterNode): CanaryStream {
  return { name: `STORMGLASS_${id}_${name}`, subject: `stormglass.${runId}.${id}.${name}` };
}

function removalOf(context: FaultContext, node: ClusterNode): RemoveStream {
  const { cluster, runId } = context;
  const { name: stream } = canaryOf(context, node);
  const { servers } = cluster.observerAccess;
  return {
    kind: 'remove-stream',
    id: `remove-${stream}`,
    what: `remove the stream ${stream}`,
    manual: `nats --server ${servers.map(({ host, port }) => `${host}:${port}`).join(',')} stream rm ${stream}`,
    // With the cluster, its streams go.
    within: storesOf(cluster).undoId,
    stream,
    servers,
    mark: runId,
  };
}
