import { StormglassError } from '../../base/errors.js';
import type { Fault, FaultContext, FaultStage } from '../../contracts/fault.js';
import type { Direction, LinkControl } from '../../contracts/links.js';
import { Canaries } from './canaries.js';
import { forgetHeld, noteHeld } from './held-effects.js';
import type { LinkLook, LinkPlan, LinkScene } from './link-looks.js';

/** Connections of ours that look at links end when nobody has looked for so long: no look is known to be the last. */
const IDLE_MS = 20_000;

export interface LinkFaultOptions {
  /** What it does to which links; the same whenever it is asked. Throws for targets that it cannot be laid on. */
  plan(context: FaultContext): LinkPlan;
  /** The ways that no data takes meanwhile. */
  cuts(plan: LinkPlan): readonly Direction[];
  /** What is seen of it from outside. */
  look(scene: LinkScene, stage: FaultStage): Promise<readonly LinkLook[]>;
}

/** A fault that is an effect on links: laid and lifted by what stands on them, seen by canaries and probing connections. */
export function linkFault({ plan, cuts, look }: LinkFaultOptions): Fault {
  let laid: LinkPlan | undefined;
  let canaries: Canaries | undefined;
  let idle: NodeJS.Timeout | undefined;
  const planFor = (context: FaultContext): LinkPlan => laid ?? plan(context);

  const closeCanaries = async () => {
    clearTimeout(idle);
    const last = canaries;
    canaries = undefined;
    await last?.close();
  };
  const openCanaries = ({ cluster, runId, id }: FaultContext): Canaries => {
    clearTimeout(idle);
    idle = setTimeout(() => void closeCanaries(), IDLE_MS);
    canaries ??= new Canaries(cluster, runId, id);
    return canaries;
  };

  return {
    impact: (context) => ({ down: [], cuts: cuts(planFor(context)) }),

    async prepare(context) {
      laid = plan(context);
      return linksOf(context).undoRecords(context.id, laid.ways, laid.effect);
    },

    async inject(context) {
      const { ways, effect } = planFor(context);
      const links = linksOf(context);
      noteHeld(links, context.id, ways);
      await links.apply(context.id, ways, effect);
    },

    async observe(context, stage) {
      const links = linksOf(context);
      const scene = { ...planFor(context), context, links, canaries: openCanaries(context) };
      let holds = false;
      try {
        const looks = [...(await lookAtControl(links, context.id, stage)), ...(await look(scene, stage))];
        holds = looks.every((each) => each.holds);
        if (stage === 'after' && holds) forgetHeld(links, context.id);
        return { holds, looks: looks.map(({ at, saw }) => ({ at, saw })) };
      } finally {
        if ((stage === 'after' && holds) || context.signal.aborted) await closeCanaries();
      }
    },
  };
}

/** What stands on the links says of the effect; it proves the setting, not what becomes of it. */
async function lookAtControl(links: LinkControl, id: string, stage: FaultStage): Promise<LinkLook[]> {
  if (stage === 'before') return [];
  const { isApplied, isLifted, saw } = await links.look(id);
  return [{ at: 'links', saw, holds: stage === 'during' ? isApplied : isLifted }];
}

function linksOf({ cluster }: FaultContext): LinkControl {
  if (cluster.links !== undefined) return cluster.links;
  throw new StormglassError(
    'expectation',
    'nothing stands on the links of this cluster that could bend them',
  );
}
