import type { Random } from '../../base/random.js';
import { formatDuration } from '../../base/units.js';
import { parsePart } from '../parse-part.js';
import type { Findings } from '../problem.js';
import type { Draft } from './draft.js';
import { type FaultScene, isShortEnough } from './fault-scene.js';
import { nemesisSchema } from './fault-schema.js';
import { drawNemesis } from './nemesis.js';
import { readFault } from './read-fault.js';

/** The faults that a nemesis draws, which keep clear of those before it. */
export function resolveNemesis(
  value: unknown,
  entry: number,
  before: readonly Draft[],
  scene: FaultScene,
  random: Random,
  findings: Findings,
): readonly Draft[] {
  const path = ['faults', entry];
  const input = parsePart(nemesisSchema, value, path, findings);
  if (input === undefined) return [];
  const { at: atNs, until: untilNs, quiet, 'at-most': atMost, nemesis } = input;
  const of = nemesis.flatMap((item, i) => {
    const read = readFault(item, [...path, 'nemesis', i], scene.schemas.mix, scene, findings);
    if (read === undefined || !isShortEnough(read.spec, scene, findings)) return [];
    return [{ spec: read.spec, weight: read.input.weight as number }];
  });
  const { loadEndNs, cluster, guards } = scene;
  const wrong = (key: string, message: string, hint: string) => findings.add([...path, key], message, hint);
  if (untilNs <= atNs) {
    wrong('until', `it would be over before it begins, at ${formatDuration(atNs)}`, 'Make it later.');
  } else if (loadEndNs !== undefined && untilNs >= loadEndNs) {
    const message = `the nemesis ends at ${formatDuration(untilNs)}, but the load ends at ${formatDuration(loadEndNs)}: its recovery cannot be seen`;
    wrong('until', message, 'Make the load longer or the nemesis shorter.');
  } else if (of.length === nemesis.length && cluster !== undefined && guards !== undefined) {
    const nodes = cluster.plan.nodeNames.length;
    const drawn = drawNemesis(
      { key: `faults[${entry}]`, entry, atNs, untilNs, quiet, atMost, of },
      {
        others: before,
        // Where nobody knows how many there are: one may be away.
        nodeCount: nodes === 0 ? 3 : nodes,
        atMost: guards.atMost ?? Number.POSITIVE_INFINITY,
        allowsQuorumLoss: guards.allowsQuorumLoss || cluster.jetstream?.on === false || nodes === 1,
      },
      random,
    );
    if (drawn.length > 0) return drawn;
    const message =
      'none of these faults can be made in this time: they last too long, or what they take away is needed';
    wrong('nemesis', message, 'Make it longer, their time shorter, or say `allow-quorum-loss: true`.');
  }
  return [];
}
