import { StormglassError } from '../base/errors.js';
import { seededRandom } from '../base/random.js';
import type { Capability } from '../contracts/cluster.js';
import type { Fault, FaultContext, FaultKind } from '../contracts/fault.js';
import { CutLooks } from './links/cut-looks.js';
import { needsOfLinks } from './links/link-choice.js';
import { linkFault } from './links/link-fault.js';
import type { LinkPlan } from './links/link-looks.js';
import { type PartitionParams, partitionSchema } from './partition-schema.js';
import { cutBetweenNodes, cutFromClients, ShapeError } from './partition-shapes.js';

/** Cuts links, in the shape that is asked for; what that is in a cluster is drawn from the fault's seed. */
export const partition = {
  kind: 'partition',
  summary: 'cuts the links between nodes, or between nodes and clients: one way or both, dropped or rejected',
  needs: [],
  needsWith: (params) => needsOfPartition(partitionSchema.parse(params)),
  claims: [],
  drawsBySeed: true,
  takesDown: (params) => takenDownBy(partitionSchema.parse(params)),
  schema: partitionSchema,
  create: (params) => partitioning(partitionSchema.parse(params)),
} satisfies FaultKind & { readonly schema: typeof partitionSchema };

/** Who is away from the others: who says nothing to them, or a side that is too small. */
function takenDownBy({ shape, between }: PartitionParams): 'all' | 'minority' | 'none' {
  if (between === 'clients') return 'none';
  if (shape === 'majority') return 'minority';
  return shape === 'isolate' || shape === 'one-way' ? 'all' : 'none';
}

/** A node that is cut off from all others without a word can be so where single links cannot be cut, too. */
function needsOfPartition({ shape, how, between }: PartitionParams): readonly Capability[] {
  const needs = needsOfLinks(between);
  if (shape !== 'isolate' || how !== 'drop') return needs;
  return needs.map((need) => (need === 'route-links' ? 'node-isolation' : need));
}

function partitioning({ shape, how, between }: PartitionParams): Fault {
  const looks = new CutLooks();

  const plan = ({ cluster, targets, seed }: FaultContext): LinkPlan => {
    const nodes = cluster.nodes.map(({ name }) => name);
    const hit = targets.map(({ name }) => name);
    const random = seededRandom(seed, 'partition');
    try {
      const ways = [
        ...(between === 'clients' ? [] : cutBetweenNodes(shape, hit, nodes, random)),
        ...(between === 'routes' ? [] : cutFromClients(shape, hit, nodes, random)),
      ];
      return { ways, effect: { kind: 'cut', how } };
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      throw new StormglassError('expectation', error.message, { cause: error });
    }
  };

  return linkFault({
    plan,
    cuts: ({ ways }) => ways,
    look: (scene, stage) => looks.look(scene, stage),
  });
}
