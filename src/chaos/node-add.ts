import { z } from 'zod';
import { StormglassError } from '../base/errors.js';
import { waitFor } from '../base/wait.js';
import type { Cluster } from '../contracts/cluster.js';
import type { Fault, FaultContext, FaultKind } from '../contracts/fault.js';
import type { Membership } from '../contracts/membership.js';
import { evidenceOf, type HeldLook, lookForDown, lookForUp } from './held-looks.js';
import { lookAtMembership, lookAtSize } from './membership-looks.js';

const schema = z.strictObject({});

/** Joining is a matter of a second or two, where the others have a leader that lets it in. */
const JOINED_WITHIN_MS = 30_000;

/** A further node joins the cluster, and leaves it again after `for`. Nobody is hit by it but the cluster as a whole. */
export const nodeAdd = {
  kind: 'node-add',
  summary: 'lets a further node join the cluster, and takes it away again after `for`',
  needs: ['membership'],
  claims: [],
  schema,
  defaultTarget: 'all',
  create: () => adding(),
} satisfies FaultKind & { readonly schema: typeof schema; readonly defaultTarget: string };

function adding(): Fault {
  /** The node that is added. */
  let name = '';

  return {
    async prepare({ cluster }) {
      const membership = membershipOf(cluster);
      if (cluster.nodes.length === 1) {
        throw new StormglassError('expectation', 'a single server has no cluster that another could join', {
          hint: 'ask for more nodes in `cluster`',
        });
      }
      name = membership.nextName();
      return [membership.removeRecord(name)];
    },

    async inject(context) {
      const { cluster, signal } = context;
      await membershipOf(cluster).add(name);
      await waitFor(async () => (await lookForMember(context, name)).every(({ holds }) => holds), {
        timeoutMs: JOINED_WITHIN_MS,
        signal,
      });
    },

    async observe(context, stage) {
      const { cluster } = context;
      if (stage === 'before') return evidenceOf(await lookAtSize(cluster));
      if (stage === 'during') return evidenceOf(await lookForMember(context, name));
      if (!isKnown(cluster, name)) return evidenceOf(await lookAtSize(cluster));
      const node = cluster.node(name);
      const looks = [lookForDown(cluster, node), lookAtMembership(cluster, node, false)];
      return evidenceOf((await Promise.all(looks)).flat());
    },
  };
}

async function lookForMember({ cluster }: FaultContext, name: string): Promise<HeldLook[]> {
  if (!isKnown(cluster, name)) return [];
  const node = cluster.node(name);
  const looks = [lookForUp(cluster, node), lookAtMembership(cluster, node, true)];
  return (await Promise.all(looks)).flat();
}

/** It may have come to nothing before there was such a node. */
function isKnown(cluster: Cluster, name: string): boolean {
  try {
    return cluster.node(name) !== undefined;
  } catch {
    return false;
  }
}

function membershipOf({ membership, driver }: Cluster): Membership {
  if (membership === undefined)
    throw new Error(`the ${driver} driver does not change who belongs to a cluster`);
  return membership;
}
